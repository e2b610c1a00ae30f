import Glibc
import Kernel
import Model
import MonitorProtocol
import OCI
import System
import Testing

@Suite struct AttachTests {
    @Test func eachClientGetsWhatTheLogGets() async throws {
        try await withPod { pod in
            _ = try await pod.monitor.create(pod.request("c", "echo out; echo err >&2"))
            let first = try await pod.monitor.attach(
                "c", StreamChoice(stdin: false, stdout: true, stderr: false))
            let second = try await pod.monitor.attach(
                "c", StreamChoice(stdin: false, stdout: true, stderr: true))
            try pod.start("c")
            _ = try await pod.exit(of: "c")
            #expect(Self.all(first.takeOutput()) == "out\n")
            #expect(Self.all(second.takeOutput()) == "out\n")
            #expect(Self.all(second.takeError()) == "err\n")
            #expect(Set(try pod.log("c.log").map(\.text)) == ["out", "err"])
        }
    }

    @Test func theInputEndsWithTheClientThatEndsIt() async throws {
        try await withPod { pod in
            let script = "read line; echo got $line; cat > /dev/null; echo end"
            _ = try await pod.monitor.create(pod.request("c", script, input: true))
            try pod.start("c")
            try await say("hello\n", endsInput: false, in: pod)
            try await say("more\n", endsInput: true, in: pod)
            #expect(try await pod.exit(of: "c").code == 0)
            #expect(try pod.log("c.log").map(\.text) == ["got hello", "end"])
        }
    }

    private func say(_ text: String, endsInput: Bool, in pod: Pod) async throws {
        let client = try await pod.monitor.attach(
            "c", StreamChoice(stdin: true, stdout: false, stderr: false), endsInput: endsInput)
        let input = Descriptor(owning: try #require(client.takeInput()))
        #expect(write(input.raw, text, text.utf8.count) == text.utf8.count)
    }

    @Test func whoDoesNotReadHoldsTheOutputUpAndLosesNothing() async throws {
        try await withPod { pod in
            let count = 1 << 20
            let script = "head -c \(count) /dev/zero | tr '\\0' x"
            _ = try await pod.monitor.create(pod.request("c", script, log: ""))
            let client = try await pod.monitor.attach(
                "c", StreamChoice(stdin: false, stdout: true, stderr: false))
            try pod.start("c")
            let raw = client.takeOutput()
            let text = try await Blocking.run { Self.all(raw) }
            #expect(text.utf8.count == count)
            #expect(try await pod.exit(of: "c").code == 0)
        }
    }

    @Test func whatIsNotThereCannotBeAttachedTo() async throws {
        try await withPod { pod in
            await #expect(throws: GantryError.self) {
                _ = try await pod.monitor.attach(
                    "c", StreamChoice(stdin: false, stdout: true, stderr: false))
            }
        }
    }

    /// All that comes until the end, which closes it.
    private static func all(_ raw: Int32?) -> String {
        guard let raw else { return "" }
        defer { close(raw) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(raw, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
