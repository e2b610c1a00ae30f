@testable import MonitorProtocol
import Testing

@Suite struct MessageTests {
    static let create = CreateRequest(
        container: "c1", program: "/usr/bin/crun", arguments: ["--root", "/r", "create", ""],
        pidFile: "/p/pid", consoleSocket: "/p/tty", logPath: "/l/0.log", keepsInput: true,
        exitRecord: "/p/exit")
    static var hidden: CreateRequest {
        var request = create
        request.startArguments = ["start", "c1"]
        request.waitArguments = ["wait", "c1"]
        return request
    }
    static var ofShim: CreateRequest {
        var request = create
        request.task = ShimTask(
            version: 3, socket: "/run/s", directory: "/b/c1", hasTerminal: true)
        return request
    }
    static let namespaces = NamespaceRequest(
        pins: [.init(kind: .network, path: "/n/net"), .init(kind: .uts, path: "/n/uts")],
        hostname: "höst", sysctls: ["net.core.somaxconn": "1024", "kernel.sem": "1 2 3 4"])
    static var mapped: NamespaceRequest {
        var request = NamespaceRequest(
            pins: [.init(kind: .user, path: "/n/user")], hostname: "", sysctls: [:])
        request.uidMap = "0 65536 65536"
        request.gidMap = "0 131072 65536"
        return request
    }
    static let requests: [Request] = [
        .namespaces(namespaces), .namespaces(mapped),
        .namespaces(.init(pins: [], hostname: "", sysctls: [:])),
        .create(create), .create(hidden), .create(ofShim), .watch(container: "c1", pid: 7),
        .start(container: "c1"),
        .initProcess(container: "c1", pid: 7), .reopenLog(container: "c1"),
        .resize(container: "c1", width: 80, height: 24),
        .attach(.init(container: "c1", name: .stdout)),
        .attach(.init(container: "c1", name: .stdin, endsInput: true)),
        .list, .forget(container: ""), .shutdown,
    ]
    static let exit = ExitRecord(
        container: "c1", code: 137, outOfMemory: true, finishedAt: 1_700_000_000_123_456_789)
    static let replies: [Reply] = [
        .done, .created(pid: 4711), .failed("mount /n/net: Not a directory"), .exited(exit),
        .containers([]),
        .containers([
            MonitoredContainer(container: "a", pid: 7),
            MonitoredContainer(container: "c1", pid: 8, exit: exit),
        ]),
    ]

    @Test(arguments: requests, [0, 1, UInt32.max])
    func requestsSurviveTheWire(_ request: Request, _ serial: UInt32) throws {
        let bytes = request.encoded(serial: serial)
        let (found, decoded) = try Request.decode(bytes)
        #expect(found == serial && decoded == request)
        #expect(Request.serial(of: bytes) == serial)
    }

    @Test(arguments: replies, [0, 1, UInt32.max])
    func repliesSurviveTheWire(_ reply: Reply, _ serial: UInt32) throws {
        let (found, decoded) = try Reply.decode(reply.encoded(serial: serial))
        #expect(found == serial && decoded == reply)
    }

    @Test(arguments: requests) func requestsAreRefusedWhenCutAnywhere(_ request: Request) {
        let bytes = request.encoded(serial: 5)
        let withoutTask = Self.withoutTask(request)?.encoded(serial: 5)
        for end in 0..<bytes.count where Array(bytes[..<end]) != withoutTask {
            #expect(throws: MalformedMessage.self) { try Request.decode(Array(bytes[..<end])) }
        }
        #expect(throws: MalformedMessage.self) { try Request.decode(bytes + [0, 0, 0, 0]) }
    }

    /// What a daemon sends that knows of no shims: the task comes last, and may be missing.
    private static func withoutTask(_ request: Request) -> Request? {
        guard case .create(var create) = request, create.task != nil else { return nil }
        create.task = nil
        return .create(create)
    }

    @Test(arguments: replies) func repliesAreRefusedWhenCutAnywhere(_ reply: Reply) {
        let bytes = reply.encoded(serial: 5)
        for end in 0..<bytes.count {
            #expect(throws: MalformedMessage.self) { try Reply.decode(Array(bytes[..<end])) }
        }
        #expect(throws: MalformedMessage.self) { try Reply.decode(bytes + [0, 0, 0, 0]) }
    }

    @Test func exitRecordsSurviveTheirFile() throws {
        #expect(try ExitRecord.decode(Self.exit.encoded) == Self.exit)
        #expect(throws: MalformedMessage.self) { try ExitRecord.decode([]) }
    }

    /// Whatever the bytes, decoding ends, with a message or an error; a message that was understood
    /// says the same when it is encoded again.
    @Test func changedBytesNeverTrap() throws {
        var generator = SeededGenerator(state: 20_261_123)
        for request in Self.requests {
            for _ in 0..<3000 {
                let bytes = generator.change(request.encoded(serial: 9))
                _ = Request.serial(of: bytes)
                guard let (serial, decoded) = try? Request.decode(bytes) else { continue }
                #expect(try Request.decode(decoded.encoded(serial: serial)).1 == decoded)
            }
        }
        for reply in Self.replies {
            for _ in 0..<3000 {
                let bytes = generator.change(reply.encoded(serial: 9))
                guard let (serial, decoded) = try? Reply.decode(bytes) else { continue }
                #expect(try Reply.decode(decoded.encoded(serial: serial)).1 == decoded)
            }
        }
    }

    @Test func lengthsAndCountsBeyondTheMessageAreRefused() {
        var long = Request.reopenLog(container: "abcd").encoded(serial: 1)
        long.replaceSubrange((long.count - 8)..<(long.count - 4), with: [255, 255, 255, 255])
        #expect(throws: MalformedMessage.self) { try Request.decode(long) }
        for count in ["1000000000000", "-1", "99999999999999999999", "1.0"] {
            var fields = FieldWriter()
            fields.put(count)
            var reader = FieldReader(fields.bytes)
            #expect(throws: MalformedMessage.self) { try reader.texts() }
        }
    }

    @Test func aTextWithANulIsRefused() {
        let bytes = Request.forget(container: "a\0b").encoded(serial: 1)
        #expect(throws: MalformedMessage.self) { try Request.decode(bytes) }
    }

    @Test func anotherVersionAndAnUnknownRequestAreNamed() {
        var fields = FieldWriter()
        for text in ["2", "list", "77"] { fields.put(text) }
        #expect(throws: MalformedMessage(reason: "version 2 of the protocol is unknown")) {
            try Request.decode(fields.bytes)
        }
        #expect(Request.serial(of: fields.bytes) == 77)
        fields = FieldWriter()
        for text in ["1", "teleport", "78"] { fields.put(text) }
        #expect(throws: MalformedMessage(reason: "the request teleport is unknown")) {
            try Request.decode(fields.bytes)
        }
        #expect(Request.serial(of: fields.bytes) == 78)
        #expect(Request.serial(of: Array("GET / HTTP/1.1\r\n\r\n".utf8)) == nil)
    }
}

/// The same numbers in every run (an xorshift generator).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// Replaces some of the bytes, and now and then cuts the end off.
    mutating func change(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            bytes[place] = UInt8.random(in: .min ... .max, using: &self)
        }
        if Int.random(in: 0..<8, using: &self) == 0 {
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &self))
        }
        return bytes
    }
}
