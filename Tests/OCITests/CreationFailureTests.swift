import Model
import Testing

@testable import OCI

/// What a failed `create` was about, by the words of crun 1.8 and runc 1.1.
@Suite struct CreationFailureTests {
    private let runtime = Runtime(
        Handler(name: "crun", path: "/usr/bin/crun", root: "/run/crun"), cgroupDriver: .cgroupfs,
        scratch: "/tmp", execProgram: "/usr/bin/false")

    @Test(arguments: [
        "executable file `nope` not found in $PATH: No such file or directory",
        "open executable: Permission denied",
        "open executable: Not a directory",
        "chdir `/plain`: Not a directory",
        #"runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH"#,
        #"runc create failed: unable to start container process: exec: "/x": permission denied"#,
        #"runc create failed: unable to start container process: chdir to cwd ("/x") set in config.json failed: permission denied"#,
        #"runc create failed: unable to start container process: error during container init: exec: "/no/such": stat /no/such: no such file or directory"#,
        "runc create failed: unable to start container process: error during container init: mkdir /plain: not a directory",
    ])
    func programsThatCannotBeRun(message: String) {
        #expect(error(message) as? UnusableProgram == UnusableProgram(message: message))
    }

    @Test(arguments: [
        "mount `/src` to `dst`: No such file or directory",
        "error running hook #0: fork/exec /hook: no such file or directory",
        #"error mounting "/a" to rootfs at "/b": mkdir /b: read-only file system"#,
    ])
    func otherFailures(message: String) {
        #expect((error(message) as? GantryError)?.code == .internal)
    }

    /// As text its quotes are escaped.
    @Test func aMessageInQuotes() {
        let line =
            #"level=error msg="runc create failed: unable to start container process: "#
            + #"exec: \"/no\": stat /no: no such file or directory""#
        #expect(runtime.error(creating: "c", log: line) is UnusableProgram)
    }

    /// The last error of a log, in the forms that runtimes and those before them have.
    @Test(arguments: [
        (#"{"level":"error","msg":"why"}"#, "why"),
        (#"{"level":"ERROR","message":"why"}"#, "why"),
        (#"{"level":"error","msg":"{\"msg\":\"why\",\"level\":\"error\"}"}"#, "why"),
        (
            "time=\"now\" level=error msg=\"why \\\"so\\\"\"\ntime=\"now\" level=info msg=\"on\"",
            #"why "so""#
        ),
        ("why", "why"),
    ])
    func theReasonInALog(log: String, reason: String) {
        #expect(RuntimeFailure(log: log)?.message == reason)
    }

    @Test(arguments: [
        #"{"level":"INFO","msg":"on"}"#, #"time="now" level=debug msg="on""#, "",
    ])
    func logsWithoutAnError(log: String) {
        #expect(RuntimeFailure(log: log) == nil)
    }

    @Test func aRefusedLimitIsNamed() {
        var limits = Spec.Resources()
        limits.cpu = Spec.CPU()
        limits.cpu?.cpus = "99"
        let refused = error("writing file `cpuset.cpus`: Invalid argument", limits) as? GantryError
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.message.hasPrefix("linux.resources.cpuset_cpus: ") == true)
        let other = error("writing file `cpuset.mems`: Invalid argument", limits) as? GantryError
        #expect(other?.code == .internal)
    }

    /// crun's words, then runc's.
    @Test(arguments: [
        "OOM: the memory limit could be too low: read from sync socket: Connection reset by peer",
        "container init was OOM-killed (memory limit too low?)",
    ])
    func aLimitThatNoContainerStartsWith(message: String) {
        var limits = Spec.Resources()
        limits.memory = Spec.Memory()
        limits.memory?.limit = 1
        let refused = error(message, limits) as? GantryError
        #expect(refused?.code == .invalidArgument)
        #expect(
            refused?.message.hasPrefix("linux.resources.memory_limit_in_bytes: ") == true)
    }

    private func error(_ message: String, _ limits: Spec.Resources? = nil) -> any Error {
        runtime.error(creating: "c", log: message, limits: limits)
    }
}
