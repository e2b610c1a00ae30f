import NIOCore

@testable import Streaming

/// What clients of the streaming server send. The first byte says where the rest is cut in two.
extension FuzzTarget {
    private static func parts(_ input: [UInt8]) -> [ByteBuffer] {
        guard let first = input.first else { return [] }
        let bytes = input.dropFirst()
        let cut = bytes.startIndex + Int(first) % (bytes.count + 1)
        return [ByteBuffer(bytes: bytes[..<cut]), ByteBuffer(bytes: bytes[cut...])]
    }

    private static let spdyFrames: [SPDYFrame] = [
        .synStream(
            stream: 1, headers: [SPDYHeader(name: "streamtype", value: "error")], isLast: false),
        .data(stream: 1, bytes: ByteBuffer(string: "hello"), isLast: true), .ping(7), .settings,
        .reset(stream: 1, status: 3), .goAway(lastStream: 1, status: 0),
        .windowUpdate(stream: 1, delta: 9),
    ]

    private static var conversation: [UInt8] {
        guard var encoder = try? SPDYEncoder() else { return [] }
        return [9]
            + spdyFrames.flatMap { Array((try? encoder.encode($0))?.readableBytesView ?? .init()) }
    }

    static let spdy = FuzzTarget(
        "spdy", seeds: [conversation], words: ["\u{0}\u{3}\u{0}\u{1}", "streamtype", "port"]
    ) { input in
        var decoder = try SPDYDecoder()
        do {
            for part in parts(input) {
                decoder.append(part)
                while try decoder.next() != nil {}
            }
        } catch is SPDYError {}
    }

    static let webSocket = FuzzTarget(
        "websocket",
        seeds: [
            [3, 0x82, 0x85, 1, 2, 3, 4, 9, 9, 9, 9, 9, 0x88, 0x80, 1, 2, 3, 4],
            [0, 2, 0x81, 1, 2, 3, 4, 9, 0x80, 0xfe, 0, 1, 1, 2, 3, 4, 9],
            [7] + Array("GET /exec/a?b HTTP/1.1\r\nUpgrade: websocket\r\nA: b\r\n\r\n".utf8),
            [0] + Array(#"{"Width":80,"Height":24}"#.utf8),
        ], words: ["\r\n", "HTTP/1.1", "GET /", "Upgrade:", "Width", "Height"]
    ) { input in
        var decoder = WebSocketDecoder()
        do {
            for part in parts(input) {
                decoder.append(part)
                while try decoder.next() != nil {}
            }
        } catch is WebSocketError {}
        _ = TerminalSizes.parse(input.dropFirst())
        var head = ByteBuffer(bytes: input.dropFirst())
        do { _ = try HTTPHead.parse(&head)?.list("upgrade") } catch is HTTPFailure {}
    }
}
