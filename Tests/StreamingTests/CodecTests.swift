import NIOCore
import Testing

@testable import Streaming

@Suite struct CodecTests {
    private static let frames: [SPDYFrame] = [
        .synStream(
            stream: 1, headers: [SPDYHeader(name: "streamtype", value: "error")], isLast: false),
        .synReply(stream: 1, headers: [], isLast: false),
        .ping(7),
        .headers(stream: 1, headers: [SPDYHeader(name: "a", value: "ü")], isLast: true),
        .reset(stream: 1, status: 3),
        .settings,
        .windowUpdate(stream: 1, delta: 65536),
        .data(stream: 3, bytes: ByteBuffer(string: "hello"), isLast: true),
        .goAway(lastStream: 1, status: 0),
    ]

    private func encoded() throws -> [UInt8] {
        var encoder = try SPDYEncoder()
        return try Self.frames.flatMap { Array(try encoder.encode($0).readableBytesView) }
    }

    @Test func framesSurviveInPieces() throws {
        var decoder = try SPDYDecoder()
        var seen: [SPDYFrame] = []
        for byte in try encoded() {
            decoder.append(ByteBuffer(bytes: [byte]))
            while let frame = try decoder.next() { seen.append(frame) }
        }
        #expect(seen == Self.frames)
    }

    @Test func dictionaryIsThatOfTheSpecification() {
        #expect(SPDYDictionary.bytes.count == 1423)
    }

    /// Whatever a peer sends ends in frames or an error, never in a crash.
    @Test func mutatedFramesDoNoHarm() throws {
        let good = try encoded()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var bad = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bad[Int.random(in: bad.indices, using: &random)] = .random(
                    in: .min ... .max, using: &random)
            }
            var decoder = try SPDYDecoder()
            decoder.append(ByteBuffer(bytes: bad))
            while let frame = try? decoder.next() { _ = frame }
        }
    }

    @Test func mutatedMessagesDoNoHarm() throws {
        let good: [UInt8] = [0x82, 0x85, 1, 2, 3, 4, 9, 9, 9, 9, 9, 0x88, 0x80, 1, 2, 3, 4]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var bad = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bad[Int.random(in: bad.indices, using: &random)] = .random(
                    in: .min ... .max, using: &random)
            }
            var decoder = WebSocketDecoder()
            decoder.append(ByteBuffer(bytes: bad))
            while let message = try? decoder.next() { _ = message }
        }
    }

    @Test func largeFramesAreRefused() throws {
        var decoder = try SPDYDecoder()
        decoder.append(ByteBuffer(bytes: [0, 0, 0, 1, 0, 0xff, 0xff, 0xff]))
        #expect(throws: SPDYError.self) { try decoder.next() }
    }

    @Test func fragmentsAreJoined() throws {
        var decoder = WebSocketDecoder()
        decoder.append(
            ByteBuffer(bytes: [
                0x02, 0x81, 0, 0, 0, 0, 1, 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 2,
            ]))
        #expect(try decoder.next()?.opcode == .ping)
        let message = try decoder.next()
        #expect(message == WebSocketMessage(opcode: .binary, bytes: ByteBuffer(bytes: [1, 2])))
    }

    @Test func base64OfEveryLength() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 250 + $0) }
            #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
        }
        #expect(Base64.encode(Array("hello\n".utf8)) == "aGVsbG8K")
        #expect(Base64.decode("a-".utf8) == nil)
    }

    @Test func statusIsJSON() {
        #expect(CommandStatus.exit(2).bytes(version: 3) != nil)
        #expect(CommandStatus.success.bytes(version: 3) == nil)
        let text = CommandStatus.failure("a\"\n").bytes(version: 4).map { String(buffer: $0) }
        #expect(text?.contains(#""message":"a\"\u000a""#) == true)
    }

    @Test func sizesAreRead() {
        let size = TerminalSizes.parse(Array(#"{"Width":80,"Height":24}"#.utf8))
        #expect(size == TerminalSizes.Size(width: 80, height: 24))
        #expect(TerminalSizes.parse(Array(#"{"Width":80}"#.utf8)) == nil)
        #expect(TerminalSizes.parse(Array(#"{"Width":-1,"Height":99999}"#.utf8)) == nil)
        #expect(TerminalSizes.parse(Array(#"{"Width":0,"Height":0}"#.utf8)) == nil)
    }
}
