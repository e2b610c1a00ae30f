import Model
import NIOCore
import Testing

@testable import Streaming

@Suite(.timeLimit(.minutes(1))) struct WebSocketServerTests {
    private static func connect(_ url: String, _ version: String) throws -> WebSocketClient {
        let raw = try RawClient(url)
        let head = try raw.upgrade([
            "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: \(version)",
        ])
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        // The example of RFC 6455, section 1.3.
        #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(head.contains("Sec-WebSocket-Protocol: \(version)"))
        return WebSocketClient(raw)
    }

    @Test func execWithVersion5() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["3"], stdin: true, stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v5.channel.k8s.io")
            let text = [UInt8](repeating: 65, count: 300_000)
            try client.send(.binary, [0] + text)
            try client.send(.ping, [1, 2])
            try client.send(.binary, [255, 0])
            let messages = try client.readToClose()
            #expect(messages.first?.bytes == ByteBuffer(bytes: [1]))
            #expect(messages.contains { $0.opcode == .pong })
            // Not `==`: Swift Testing would look for the difference for hours.
            let output = messages.filter { $0.opcode == .binary }.bytes(of: 1)
            #expect(output.elementsEqual(text))
            let status = String(decoding: messages.bytes(of: 3), as: UTF8.self)
            #expect(status.contains(#"{"reason":"ExitCode","message":"3"}"#))
        }
    }

    @Test func execWithBase64() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["0"], stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v4.base64.channel.k8s.io")
            let texts = try client.readToClose().filter { $0.opcode == .text }
                .map { String(buffer: $0.bytes) }
            #expect(texts.first == "1")
            #expect(texts.contains("1aGVsbG8K"))
            #expect(texts.last?.hasPrefix("3") == true)
        }
    }

    @Test func forwardsThroughATunnel() async throws {
        try await withServer(.portForward(PortForwardRequest(podSandboxId: "p"))) { url in
            let client = try Self.connect(url, "SPDY/3.1+portforward.k8s.io")
            var encoder = try SPDYEncoder()
            var decoder = try SPDYDecoder()
            for (stream, type) in [(1, "error"), (3, "data")] as [(UInt32, String)] {
                let headers = [("streamtype", type), ("port", "7"), ("requestid", "0")]
                    .map { SPDYHeader(name: $0.0, value: $0.1) }
                let frame = SPDYFrame.synStream(stream: stream, headers: headers, isLast: false)
                try client.send(.binary, Array(encoder.encode(frame).readableBytesView))
            }
            let data = SPDYFrame.data(stream: 3, bytes: ByteBuffer(string: "ping"), isLast: true)
            try client.send(.binary, Array(encoder.encode(data).readableBytesView))
            var text = ""
            var ended = 0
            while ended < 2, let message = try client.next() {
                decoder.append(message.bytes)
                while let frame = try decoder.next() {
                    guard case .data(_, let bytes, let isLast) = frame else { continue }
                    text += String(buffer: bytes)
                    if isLast { ended += 1 }
                }
            }
            #expect(text == "ping")
        }
    }

    @Test func forwardsWithoutSPDY() async throws {
        let request = PortForwardRequest(podSandboxId: "p", port: [7, 8])
        try await withServer(.portForward(request)) { url in
            let client = try Self.connect(url, "v4.channel.k8s.io")
            try client.send(.binary, [0] + Array("ping".utf8))
            var answers: Set<String> = []
            while answers.count < 2, let message = try client.next() {
                if message.bytes.readableBytes > 3 { answers.insert(String(buffer: message.bytes)) }
            }
            #expect(answers.contains("\u{0}ping"))
            #expect(answers.contains { $0.hasPrefix("\u{3}cannot forward port 8") })
        }
    }

    /// Clients read to the end, and there can be no more connections.
    @Test func endsWithTheLastOfItsPorts() async throws {
        let request = PortForwardRequest(podSandboxId: "p", port: [9, 8])
        try await withServer(.portForward(request)) { url in
            let client = try Self.connect(url, "v4.channel.k8s.io")
            let messages = try client.readToClose()
            #expect(messages.contains { String(buffer: $0.bytes) == "\u{0}goodbye" })
            #expect(messages.contains { String(buffer: $0.bytes).hasPrefix("\u{3}cannot") })
            #expect(messages.last?.opcode == .close)
            #expect(messages.last?.bytes.getInteger(at: 0, as: UInt16.self) == 1000)
        }
    }

    @Test func refusesUnmaskedFrames() async throws {
        let request = ExecRequest(containerId: "c", cmd: ["0"], stdin: true, stdout: true)
        try await withServer(.exec(request)) { url in
            let client = try Self.connect(url, "v5.channel.k8s.io")
            try client.raw.send([0x82, 1, 0])
            let last = try client.readToClose().last
            #expect(last?.opcode == .close)
            #expect(last?.bytes.getInteger(at: 0, as: UInt16.self) == 1002)
        }
    }
}

/// The client's side of a WebSocket.
final class WebSocketClient {
    let raw: RawClient
    private var buffer = ByteBuffer()

    init(_ raw: RawClient) {
        self.raw = raw
    }

    func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) throws {
        var frame = WebSocketEncoder.header(opcode, length: bytes.count)
        if let length = frame.getInteger(at: 1, as: UInt8.self) {
            frame.setInteger(length | 0x80, at: 1)
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        frame.writeBytes(mask)
        frame.writeBytes(bytes.indices.map { bytes[$0] ^ mask[$0 & 3] })
        try raw.send(frame)
    }

    /// - Returns: nil at the end of the connection.
    func next() throws -> WebSocketMessage? {
        while true {
            if let message = parse() { return message }
            let bytes = try raw.receive()
            if bytes.isEmpty { return nil }
            buffer.writeBytes(bytes)
        }
    }

    func readToClose() throws -> [WebSocketMessage] {
        var messages: [WebSocketMessage] = []
        while let message = try next() {
            messages.append(message)
            if message.opcode == .close { break }
        }
        return messages
    }

    private func parse() -> WebSocketMessage? {
        var rest = buffer
        guard let first = rest.readInteger(as: UInt8.self),
            let short = rest.readInteger(as: UInt8.self),
            let opcode = WebSocketOpcode(rawValue: first & 15)
        else { return nil }
        var length: Int? = Int(short)
        if short == 126 { length = rest.readInteger(as: UInt16.self).map { Int($0) } }
        if short == 127 { length = rest.readInteger(as: UInt64.self).map { Int($0) } }
        guard let length, let bytes = rest.readSlice(length: length) else { return nil }
        buffer = rest
        return WebSocketMessage(opcode: opcode, bytes: bytes)
    }
}

extension [WebSocketMessage] {
    /// What came on a channel, in binary.
    func bytes(of channel: UInt8) -> [UInt8] {
        flatMap { message in
            let bytes = [UInt8](message.bytes.readableBytesView)
            return bytes.first == channel ? [UInt8](bytes.dropFirst()) : []
        }
    }
}
