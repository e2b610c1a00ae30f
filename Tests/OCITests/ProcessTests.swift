internal import Model
internal import Testing

@testable import OCI

@Suite struct ProcessTests {
    private func arguments(
        _ command: [String], _ args: [String], entrypoint: [String], imageCommand: [String]
    ) throws -> [String] {
        var request = plainRequest(command: command)
        request.container.args = args
        request.image.entrypoint = entrypoint
        request.image.command = imageCommand
        return try SpecBuilder.container(request).process.args
    }

    @Test(
        "The table of Kubernetes, \"Define a Command and Arguments for a Container\"",
        arguments: [
            ([], [], ["ep", "foo"]), (["new"], [], ["new"]), ([], ["zoo"], ["ep", "zoo"]),
            (["new"], ["zoo"], ["new", "zoo"]),
        ] as [([String], [String], [String])])
    func commandOverEntrypoint(command: [String], args: [String], expected: [String]) throws {
        #expect(
            try arguments(command, args, entrypoint: ["ep"], imageCommand: ["foo"]) == expected)
    }

    @Test func noCommandIsRefused() {
        expectError(.invalidArgument, "has a command") {
            try arguments([], [], entrypoint: [], imageCommand: [])
        }
    }

    @Test func workingDirectory() throws {
        var request = plainRequest()
        #expect(try SpecBuilder.container(request).process.cwd == "/")
        request.image.workingDirectory = "/srv"
        #expect(try SpecBuilder.container(request).process.cwd == "/srv")
        request.image.workingDirectory = "srv/"
        #expect(try SpecBuilder.container(request).process.cwd == "/srv")
        request.container.workingDir = "/own"
        #expect(try SpecBuilder.container(request).process.cwd == "/own")
    }

    /// A combining mark after the sign makes one Character of both.
    @Test func variablesAreBytes() throws {
        var request = plainRequest()
        request.image.environment = ["A=\u{301}b", "\u{e9}=1", "e\u{301}=2"]
        let environment = try SpecBuilder.container(request).process.env.map { Array($0.utf8) }
        for entry in request.image.environment {
            #expect(environment.contains(Array(entry.utf8)))
        }
    }

    @Test func environmentOfTheContainerWins() throws {
        var request = plainRequest()
        request.image.environment = ["PATH=/image", "A=1", "B", "C=x=y"]
        request.container.envs = [KeyValue(key: "A", value: Array("2".utf8))]
        request.user.home = "/home/app"
        request.hostname = "web-0"
        let environment = try SpecBuilder.container(request).process.env
        #expect(
            environment == [
                "PATH=/image", "HOSTNAME=web-0", "HOME=/home/app", "A=2", "B=", "C=x=y",
            ])
    }

    @Test func terminalHasATerm() throws {
        var request = plainRequest()
        request.container.tty = true
        let process = try SpecBuilder.container(request).process
        #expect(process.terminal)
        #expect(process.env.contains("TERM=xterm"))
    }

    @Test func variablesAreText() {
        var request = plainRequest()
        request.container.envs = [KeyValue(key: "A", value: [0xff])]
        expectError(.invalidArgument, "variable A") { try SpecBuilder.container(request) }
    }

    @Test func userAndLimits() throws {
        var request = plainRequest(security: LinuxContainerSecurityContext(noNewPrivs: true))
        request.user = ResolvedUser(uid: 5, gid: 6, groups: [6, 7], home: "/")
        request.rlimits = [Spec.Rlimit("RLIMIT_NOFILE", soft: 10, hard: 20)]
        let process = try SpecBuilder.container(request).process
        #expect(process.user == Spec.User(uid: 5, gid: 6, additionalGids: [6, 7]))
        #expect(process.rlimits == [Spec.Rlimit("RLIMIT_NOFILE", soft: 10, hard: 20)])
        #expect(process.noNewPrivileges)
    }

    @Test(arguments: [(-900, -1000, -900), (-900, -500, -500), (5000, -1000, 1000)])
    func oomScoreIsClamped(asked: Int64, floor: Int, expected: Int) throws {
        var request = plainRequest()
        request.host.oomScoreFloor = floor
        request.container.linux?.resources = LinuxContainerResources(oomScoreAdj: asked)
        #expect(try SpecBuilder.container(request).process.oomScoreAdj == expected)
    }
}
