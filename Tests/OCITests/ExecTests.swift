internal import Kernel
internal import Model
internal import System
internal import Testing

@testable import OCI

@Suite struct ExecTests {
    /// A runtime that is `script`; `$log` and `$process` are the files that `exec` was given, and
    /// `$arguments` is all that it was given.
    private func exec<Result>(
        _ script: String, limit: Duration? = nil,
        _ judge: (Int32, String, String) throws -> Result
    ) async throws -> Result {
        let program = """
            arguments="$*"
            while [ $# -gt 1 ]; do
                case "$1" in --log) log=$2;; --process) process=$2;; esac
                shift
            done
            \(script)
            """
        return try await withDirectory(programs: ["crun": program]) { directory in
            var handler = Handler(
                name: "crun", path: "\(directory)/crun", root: directory)
            handler.found[.execDetach] = false
            let runtime = Runtime(
                handler, cgroupDriver: .cgroupfs, scratch: directory, execProgram: "")
            let output = try await runtime.exec("c", Spec.Process(args: ["x"]), limit: limit)
            #expect(try Files.list(directory) == ["crun", "crun.sh"])
            return try judge(output.status, output.text, output.errorText)
        }
    }

    @Test func outputAndExitCodeAreTheProgramsOwn() async throws {
        try await exec("echo out; echo err >&2; exit 255") { code, output, error in
            #expect(code == 255)
            #expect(output == "out\n")
            #expect(error == "err\n")
        }
    }

    @Test func theRuntimeGetsTheProcess() async throws {
        try await exec("cat $process") { _, output, _ in
            #expect(output.contains(#""args":["x"]"#))
        }
    }

    @Test(arguments: [
        ("executable file `/x` not found in $PATH: No such file or directory", 127),
        ("exec failed: exec: \\\"/x\\\": stat /x: no such file or directory", 127),
        ("exec failed: exec: \\\"/etc\\\": permission denied", 126),
    ])
    func programsThatCannotRun(message: String, expected: Int32) async throws {
        let line = #"{"level":"error","msg":"\#(message)"}"#
        try await exec("cat > $log <<'E'\n\(line)\nE\nexit 255") { code, _, error in
            #expect(code == expected)
            #expect(!error.isEmpty)
        }
    }

    /// Its files in /proc are then as missing as a program may be.
    @Test func aContainerThatHasEndedMeanwhile() async throws {
        let state = #"{"id":"c","status":"stopped","pid":0,"bundle":"/b"}"#
        let line = #"{"level":"error","msg":"open /proc/7/ns/pid: no such file or directory"}"#
        let script = """
            case "$arguments" in
            *"state c") echo '\(state)' ;;
            *) echo '\(line)' > $log; exit 255 ;;
            esac
            """
        let error = await #expect(throws: GantryError.self) {
            try await exec(script) { _, _, _ in }
        }
        #expect(error?.code == .failedPrecondition)
    }

    @Test func aRuntimeThatFailsIsAnError() async throws {
        let line = #"{"level":"error","msg":"exec failed: container does not exist"}"#
        do {
            try await exec("echo '\(line)' > $log; exit 255") { _, _, _ in }
            Issue.record("no error")
        } catch let error as GantryError {
            #expect(error.code == .notFound)
        }
    }

    /// What has left parent, session and environment behind is found all the same: the file that
    /// it would make stays away, and its pipe closes at once.
    @Test func nothingOutlivesTheLimit() async throws {
        try await withDirectory { directory in
            let pipe = "\(directory)/pipe"
            try makeFifo(pipe)
            let holder = "exec 9>\(pipe); echo here >&9; sleep 1000"
            let script = "(env -i setsid sh -c '\(holder)' &) ; sleep 1000"
            async let reader = readFifo(pipe)
            do {
                try await exec(script, limit: .milliseconds(500)) { _, _, _ in }
                Issue.record("no error")
            } catch let error as GantryError {
                #expect(error.code == .deadlineExceeded)
                #expect("\(error)".contains("the command in c took longer"))
            }
            #expect(try await reader == "here\n")
        }
    }
}
