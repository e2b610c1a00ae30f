import Glibc
import Kernel
import Model
import MonitorProtocol
import OCI
import System
import Testing

@Suite struct ContainerLogTests {
    @Test func bothStreamsAndAnUnfinishedLine() async throws {
        try await withPod { pod in
            try await pod.run("c", "echo out; echo err >&2; printf 'no end'")
            _ = try await pod.exit(of: "c")
            let log = try pod.log("c.log")
            #expect(
                Set(log.map { "\($0.tags) \($0.text)" }) == [
                    "stdout F out", "stderr F err", "stdout P no end",
                ])
        }
    }

    @Test func aLineThatComesInPiecesIsOneEntry() async throws {
        try await withPod { pod in
            try await pod.run("c", "printf one; sleep 0.1; printf two; sleep 0.1; echo three")
            _ = try await pod.exit(of: "c")
            #expect(try pod.log("c.log").map(\.text) == ["onetwothree"])
        }
    }

    @Test(arguments: [16383, 16384, 16385, 40000, 200_000])
    func linesBeyond16KiBAreParts(_ length: Int) async throws {
        try await withPod { pod in
            try await pod.run("c", "head -c \(length) /dev/zero | tr '\\0' x; echo; echo next")
            _ = try await pod.exit(of: "c")
            let log = try pod.log("c.log")
            #expect(log.last?.text == "next")
            let parts = log.dropLast()
            #expect(parts.dropLast().allSatisfy { $0.tags == "stdout P" && $0.text.count == 16384 })
            #expect(parts.last?.tags == "stdout F")
            #expect(parts.map(\.text.count).reduce(0, +) == length)
        }
    }

    @Test func notALineIsLostOrDoubledWhileTheLogIsRotated() async throws {
        try await withPod { pod in
            let stop = "\(pod.directory)/stop"
            let script = "i=0; while [ ! -e \(stop) ]; do echo $i; i=$((i+1)); done; echo $i"
            try await pod.run("c", script)
            let log = "\(pod.directory)/c.log"
            let rotations = 300
            for rotation in 0..<rotations {
                try syscall("rename") { rename(log, "\(pod.directory)/c.log.\(rotation)") }
                try await pod.monitor.reopenLog(of: "c")
            }
            try Files.replace(stop, with: [])
            #expect(try await pod.exit(of: "c").code == 0)
            var lines: [Int?] = []
            for rotation in 0..<rotations {
                lines += try pod.log("c.log.\(rotation)").map { Int($0.text) }
            }
            lines += try pod.log("c.log").map { Int($0.text) }
            #expect(lines == Array(0..<lines.count))
        }
    }

    @Test func aReopenThatFailsLeavesTheOldLog() async throws {
        try await withPod { pod in
            let log = "\(pod.directory)/c.log"
            _ = try await pod.monitor.create(pod.request("c", "echo hello", log: log))
            rename(log, "\(pod.directory)/moved.log")
            mkdir(log, 0o755)
            await #expect { try await pod.monitor.reopenLog(of: "c") } throws: {
                "\($0)".contains(log)
            }
            try pod.start("c")
            _ = try await pod.exit(of: "c")
            #expect(try pod.log("moved.log").map(\.text) == ["hello"])
        }
    }

    @Test func aLogThatCannotBeOpenedFailsTheCreate() async throws {
        try await withPod { pod in
            try Files.replace("\(pod.directory)/file", with: [])
            let request = pod.request("c", "", log: "\(pod.directory)/file/c.log")
            await #expect(throws: GantryError.self) { try await pod.monitor.create(request) }
            try await #expect(pod.monitor.containers().isEmpty)
        }
    }

    @Test func withoutALogTheContainerIsNotHeldUp() async throws {
        try await withPod { pod in
            try await pod.run("c", "head -c 10000000 /dev/zero; exit 2", log: "")
            #expect(try await pod.exit(of: "c").code == 2)
        }
    }

    @Test func aProcessThatOutlivesTheInitIsLoggedAndHoldsNobody() async throws {
        try await withPod { pod in
            try await pod.run("c", "(trap '' HUP; sleep 0.3; echo late; sleep 1000) & echo early")
            _ = try await pod.exit(of: "c")
            try await eventually("what comes late is logged") { [directory = pod.directory] in
                try Files.readText("\(directory)/c.log").contains("stdout F late\n")
            }
            #expect(try pod.log("c.log").map(\.text) == ["early", "late"])
            try await pod.monitor.forgetExited("c")
        }
    }
}
