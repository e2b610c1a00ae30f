internal import Kernel
internal import Model
internal import Testing

@testable import OCI

/// Against runtimes that are shell scripts; the real ones have their cases in conformance/.
@Suite struct RuntimeTests {
    private func withRuntime<Result>(
        _ script: String, named name: String = "crun", _ body: (Runtime) async throws -> Result
    ) async throws -> Result {
        try await withDirectory(programs: [name: script]) { directory in
            let handler = Handler(
                name: name, path: "\(directory)/\(name)", root: "\(directory)/root")
            let runtime = Runtime(
                handler, cgroupDriver: .systemd, scratch: directory,
                execProgram: "/usr/bin/false")
            return try await body(runtime)
        }
    }

    private func expectFailure(
        _ script: String, _ code: GantryError.Code, _ part: String,
        _ body: (Runtime) async throws -> Void
    ) async throws {
        try await withRuntime(script) { runtime in
            do {
                try await body(runtime)
                Issue.record("no error")
            } catch let error as GantryError {
                #expect(error.code == code)
                #expect("\(error)".contains(part))
            }
        }
    }

    @Test func globalArgumentsComeFirst() async throws {
        try await withRuntime("") { runtime in
            let arguments = runtime.createArguments(
                "c", bundle: "/b", pidFile: "/p", log: "/l", console: "/s")
            #expect(
                arguments == [
                    "--root", runtime.handler.root, "--log-format", "json", "--log", "/l",
                    "--systemd-cgroup", "create", "--bundle", "/b", "--pid-file", "/p",
                    "--console-socket", "/s", "c",
                ])
        }
    }

    @Test func errorsAreTheRuntimesOwnWords() async throws {
        let json =
            #"echo '{"msg":"old","level":"error"}' >&2;"#
            + #"echo '{"msg":"it broke","level":"error"}' >&2;"#
            + #"echo '{"msg":"by the way","level":"warning"}' >&2; exit 1"#
        try await expectFailure(json, .internal, "crun start c: it broke") {
            try await $0.start("c")
        }
        try await expectFailure("echo plain >&2; exit 1", .internal, "plain") {
            try await $0.start("c")
        }
        try await expectFailure("exit 3", .internal, "exit code 3") { try await $0.start("c") }
    }

    @Test func containersThatAreNotThere() async throws {
        for words in [
            "container does not exist", "error opening file \\`/r/c/status\\`: No such file",
        ] {
            let script = "echo \"\(words)\" >&2; exit 1"
            try await expectFailure(script, .notFound, "kill c") {
                try await $0.kill("c", signal: 15)
            }
            try await withRuntime(script) { try await $0.delete("c") }
            try await withRuntime(script) { try await $0.delete("c", force: true) }
        }
    }

    @Test func documentsOnOneLine() async throws {
        let documents = #"{"msg":"first","level":"error"}{"msg":"last","level":"error"}"#
        try await expectFailure("printf '\(documents)' >&2; exit 1", .internal, "c: last") {
            try await $0.start("c")
        }
    }

    @Test func killingTheDeadIsNoError() async throws {
        try await withRuntime("echo 'container not running' >&2; exit 1") {
            try await $0.kill("c", signal: 9)
        }
    }

    @Test func state() async throws {
        let json = #"{"id":"c","status":"running","pid":7,"bundle":"/b","ociVersion":"1.0.2"}"#
        let state = try await withRuntime("echo '\(json)'") { try await $0.state("c") }
        #expect(state == RuntimeState(id: "c", status: .running, pid: 7, bundle: "/b"))
        try await expectFailure("echo x", .internal, "gives \"x") { _ = try await $0.state("c") }
    }

    @Test func updateGetsTheResources() async throws {
        let script = "while [ \"$1\" != --resources ]; do shift; done; cp $2 $0.seen"
        try await withRuntime(script) { runtime in
            var resources = Spec.Resources()
            resources.memory = Spec.Memory(limit: 5)
            try await runtime.update("c", resources)
            let seen = try Files.readText("\(runtime.handler.path).seen")
            #expect(seen == #"{"memory":{"limit":5}}"#)
        }
    }
}
