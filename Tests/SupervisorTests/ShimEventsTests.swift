import CLinux
import Glibc
import Kernel
import MonitorProtocol
import OCI
import Testing

@testable import Supervisor

/// The events of shims, as bytes put together by hand from ttrpc's and containerd's documents.
@Suite struct ShimEventsTests {
    /// `Forward` with an envelope of this topic, around an Any of a message whose first field is `text`.
    static func forward(_ topic: String, _ text: String) -> [UInt8] {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(bytes.count)] + bytes
        }
        let event = field(1, Array("type".utf8)) + field(2, field(1, Array(text.utf8)))
        let envelope =
            field(2, Array("k8s.io".utf8)) + field(3, Array(topic.utf8)) + field(4, event)
        return field(1, Array("service".utf8)) + field(2, Array("Forward".utf8))
            + field(3, field(1, envelope))
    }

    static func frame(_ stream: UInt8, _ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0, 0, 0, UInt8(body.count), 0, 0, 0, stream, kind, 0] + body
    }

    @Test func wantOfMemoryIsTold() {
        let body = Self.forward("/tasks/oom", "c1")
        #expect(ShimEvent.shortContainer(body[...]) == "c1")
        #expect(ShimEvent.shortContainer(Self.forward("/tasks/exit", "c1")[...]) == nil)
        for count in 0..<body.count { #expect(ShimEvent.shortContainer(body[..<count]) == nil) }
    }

    /// Each is answered, whatever it says; what comes in pieces is put together.
    @Test func theMonitorAnswersAndRemembers() async throws {
        try await withPod { pod in
            let path = "\(pod.directory)/events"
            try await pod.monitor.takeShimEvents(at: path)
            try await pod.monitor.takeShimEvents(at: path)
            _ = try await pod.monitor.create(pod.request("short", "exit 1"))
            let socket = Descriptor(
                owning: try syscall("connect", path) { gantry_unix_connect(path, 1) })
            _ = gantry_set_nonblocking(socket.raw, 0)
            let sent =
                Self.frame(1, 1, [0xff, 0xff]) + Self.frame(9, 2, [])
                + Self.frame(3, 1, Self.forward("/tasks/oom", "short"))
            for part in [sent.prefix(15), sent.dropFirst(15)] {
                #expect(Glibc.send(socket.raw, Array(part), part.count, 0) == part.count)
            }
            var answers = [UInt8](repeating: 0, count: 20)
            #expect(recv(socket.raw, &answers, 20, Int32(MSG_WAITALL)) == 20)
            #expect(answers == Self.frame(1, 2, []) + Self.frame(3, 2, []))
            try pod.start("short")
            let exit = try await pod.exit(of: "short")
            #expect(exit.code == 1 && exit.outOfMemory)
        }
    }
}
