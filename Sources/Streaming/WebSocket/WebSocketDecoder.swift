internal import NIOCore

/// The opcodes of RFC 6455, section 5.2.
enum WebSocketOpcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// A message, put together from its fragments, or a control frame.
struct WebSocketMessage: Equatable {
    var opcode: WebSocketOpcode
    var bytes: ByteBuffer
}

/// Why a connection cannot go on, with the status for the close frame (section 7.4.1).
struct WebSocketError: Error, Equatable {
    var status: UInt16
    var what: String
}

/// Cuts what a client sends into messages.
struct WebSocketDecoder {
    /// Clients of Kubernetes send 32 KiB at once.
    static let limit = 1 << 20

    private var buffer = ByteBuffer()
    private var partial: WebSocketMessage?

    mutating func append(_ bytes: ByteBuffer) {
        buffer.receive(bytes)
    }

    /// - Returns: nil when more bytes are needed.
    mutating func next() throws -> WebSocketMessage? {
        while let (isLast, frame) = try nextFrame() {
            if frame.opcode.isControl { return frame }
            if let message = try join(frame, isLast) { return message }
        }
        return nil
    }

    private mutating func join(
        _ frame: WebSocketMessage, _ isLast: Bool
    ) throws -> WebSocketMessage? {
        guard (frame.opcode == .continuation) == (partial != nil) else {
            throw WebSocketError(status: 1002, what: "fragments out of order")
        }
        var whole = frame
        if var begun = partial.take() {
            begun.bytes.writeImmutableBuffer(frame.bytes)
            whole = begun
        }
        guard whole.bytes.readableBytes <= Self.limit else {
            throw WebSocketError(status: 1009, what: "a message is too large")
        }
        if isLast { return whole }
        partial = whole
        return nil
    }

    private mutating func nextFrame() throws -> (isLast: Bool, WebSocketMessage)? {
        var rest = buffer
        guard let first = rest.readInteger(as: UInt8.self),
            let second = rest.readInteger(as: UInt8.self)
        else { return nil }
        guard first & 0x70 == 0, let opcode = WebSocketOpcode(rawValue: first & 15),
            second & 0x80 != 0
        else { throw WebSocketError(status: 1002, what: "a frame with wrong flags") }
        let isLast = first & 0x80 != 0
        if opcode.isControl, !isLast || second & 0x7f > 125 {
            throw WebSocketError(status: 1002, what: "a control frame that is not one")
        }
        guard let length = try Self.length(second & 0x7f, &rest),
            let mask = rest.readBytes(length: 4), let masked = rest.readSlice(length: length)
        else { return nil }
        buffer = rest
        return (isLast, WebSocketMessage(opcode: opcode, bytes: Self.unmask(masked, mask)))
    }

    private static func length(_ short: UInt8, _ rest: inout ByteBuffer) throws -> Int? {
        let length: UInt64
        switch short {
        case 126:
            guard let word = rest.readInteger(as: UInt16.self) else { return nil }
            length = UInt64(word)
        case 127:
            guard let word = rest.readInteger(as: UInt64.self) else { return nil }
            length = word
        default: length = UInt64(short)
        }
        guard length <= limit else {
            throw WebSocketError(status: 1009, what: "a frame of \(length) bytes")
        }
        return Int(length)
    }

    /// Eight bytes at a time: this is the one place where each byte of the input is touched.
    static func unmask(_ masked: ByteBuffer, _ mask: [UInt8]) -> ByteBuffer {
        let word = (mask + mask).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        var bytes = masked
        bytes.withUnsafeMutableReadableBytes { bytes in
            let whole = bytes.count & ~7
            for index in stride(from: 0, to: whole, by: 8) {
                let value = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                bytes.storeBytes(of: value ^ word, toByteOffset: index, as: UInt64.self)
            }
            for index in whole..<bytes.count { bytes[index] ^= mask[index & 3] }
        }
        return bytes
    }
}

/// Makes frames as a server sends them: whole, and without a mask.
enum WebSocketEncoder {
    static func header(_ opcode: WebSocketOpcode, length: Int) -> ByteBuffer {
        var header = ByteBuffer()
        header.writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ..<126: header.writeInteger(UInt8(length))
        case ..<65536:
            header.writeInteger(UInt8(126))
            header.writeInteger(UInt16(length))
        default:
            header.writeInteger(UInt8(127))
            header.writeInteger(UInt64(length))
        }
        return header
    }

    static func frame(_ opcode: WebSocketOpcode, _ parts: [ByteBuffer]) -> [ByteBuffer] {
        let length = parts.reduce(0) { $0 + $1.readableBytes }
        return [header(opcode, length: length)] + parts.filter { $0.readableBytes > 0 }
    }
}
