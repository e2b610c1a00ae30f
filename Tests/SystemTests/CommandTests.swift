import Glibc
import Kernel
import Model
import Testing

@testable import System

@Suite struct CommandTests {
    private func shell(_ script: String, limit: Duration = .seconds(60)) -> Command {
        Command("/bin/sh", ["-c", script], limit: limit)
    }

    @Test func outputsAndExitCode() async throws {
        let output = try await shell("echo out; echo err >&2; exit 3").run()
        #expect(output.text == "out\n" && output.errorText == "err\n" && output.status == 3)
    }

    @Test func aSignalIs128AndItsNumber() async throws {
        #expect(try await shell("kill -9 $$").run().status == 137)
    }

    @Test func inputIsFedWhole() async throws {
        let bytes = [UInt8](repeating: 65, count: 1 << 20)
        let output = try await Command("/usr/bin/wc", ["-c"], input: bytes).run()
        #expect(output.text == "1048576\n")
    }

    /// The signal would end the whole process: a command's, that has not ignored it.
    @Test func aProgramThatDoesNotReadItsInputSendsNoSignal() async throws {
        let before = signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, before) }
        let bytes = [UInt8](repeating: 65, count: 1 << 20)
        #expect(try await Command("/bin/true", [], input: bytes).run().status == 0)
    }

    @Test func outputBeyondTheLimitIsDiscarded() async throws {
        var command = shell("head -c 300000 /dev/zero")
        command.outputLimit = 1000
        let output = try await command.run()
        #expect(output.standardOutput.count == 1000 && output.status == 0)
    }

    @Test func aChildThatHoldsThePipesDoesNotHoldTheCall() async throws {
        let output = try await shell("sleep 1000 & echo $!").run()
        let pid = try #require(Int32(output.text.split(separator: "\n").first ?? ""))
        #expect(Files.exists("/proc/\(pid)"))
        _ = try await shell("kill \(pid)").run()
    }

    @Test func pastTheLimitTheSessionIsDead() async throws {
        let error = await #expect(throws: GantryError.self) {
            try await shell("sleep 1000", limit: .milliseconds(50)).run()
        }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func aProgramThatIsNotThere() async {
        await #expect(throws: SystemError.self) {
            try await Command("/no/such/program", []).run()
        }
    }
}
