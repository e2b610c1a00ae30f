import System
import Testing

@testable import OCI

/// Which processes a daemon takes for commands of the one before it.
@Suite struct CommandsOfOthersTests {
    private static func isCommand(_ text: String, of name: String = "crun") -> Bool {
        var handler = Handler(name: name, path: "/usr/bin/\(name)", root: "/run/gantry/\(name)")
        handler.found[.hiddenProcesses] = name == "runsc"
        let runtime = Runtime(
            handler,
            cgroupDriver: .cgroupfs, scratch: "/run", execProgram: "")
        let arguments = text.split(separator: " ").map(String.init)
        return runtime.isCommand(RunningProgram(arguments: arguments, environment: []))
    }

    @Test(arguments: ["start", "kill", "delete", "state", "update", "exec"])
    func aDaemonsCommands(_ verb: String) {
        #expect(Self.isCommand("crun --root /run/gantry/crun --log-format json \(verb) c1"))
    }

    @Test func whatTheMonitorRunsIsNone() {
        #expect(!Self.isCommand("crun --root /run/gantry/crun create --bundle /b c1"))
        #expect(!Self.isCommand("runsc --root /run/gantry/runsc start c1", of: "runsc"))
    }

    @Test func norIsAProgramInAContainer() {
        #expect(!Self.isCommand("sh -c exec sleep"))
    }

    @Test func norAnotherNodesRuntime() {
        #expect(!Self.isCommand("crun --root /run/other/crun kill c1"))
        #expect(!Self.isCommand("kill c1"))
    }
}
