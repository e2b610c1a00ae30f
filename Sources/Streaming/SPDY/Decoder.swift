internal import NIOCore

/// Cuts what a peer sends into frames.
struct SPDYDecoder {
    private var buffer = ByteBuffer()
    private let inflater: HeaderInflater

    init() throws {
        inflater = try HeaderInflater()
    }

    mutating func append(_ bytes: ByteBuffer) {
        buffer.receive(bytes)
    }

    /// - Returns: nil when more bytes are needed.
    mutating func next() throws -> SPDYFrame? {
        while true {
            guard buffer.readableBytes >= 8,
                let word = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self),
                let lengths = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt32.self)
            else { return nil }
            let isControl = word & 0x8000_0000 != 0
            let length = Int(lengths & 0xff_ffff)
            guard length <= (isControl ? SPDYLimits.controlFrame : SPDYLimits.dataFrame) else {
                throw SPDYError("a frame of \(length) bytes")
            }
            guard buffer.readableBytes >= 8 + length else { return nil }
            buffer.moveReaderIndex(forwardBy: 8)
            guard let payload = buffer.readSlice(length: length) else { return nil }
            let isLast = lengths >> 24 & 1 != 0
            guard isControl else { return try Self.data(word, payload, isLast) }
            if let frame = try control(word, payload, isLast) { return frame }
        }
    }

    private static func data(
        _ stream: UInt32, _ payload: ByteBuffer, _ isLast: Bool
    ) throws -> SPDYFrame {
        guard stream != 0 else { throw SPDYError("data for stream 0") }
        return .data(stream: stream, bytes: payload, isLast: isLast)
    }

    /// - Returns: nil for a type of frame that is not known, which is to be ignored (section 2.2.1).
    private mutating func control(
        _ word: UInt32, _ payload: ByteBuffer, _ isLast: Bool
    ) throws -> SPDYFrame? {
        guard word >> 16 & 0x7fff == 3 else { throw SPDYError("another version than 3") }
        guard let type = SPDYFrameType(rawValue: UInt16(word & 0xffff)) else { return nil }
        if type == .settings { return .settings }
        var payload = payload
        let first = try Self.word(&payload)
        switch type {
        case .ping: return .ping(first)
        case .reset: return .reset(stream: first, status: try Self.word(&payload))
        case .goAway: return .goAway(lastStream: first, status: try Self.word(&payload))
        case .windowUpdate: return .windowUpdate(stream: first, delta: try Self.word(&payload))
        default: return try opening(type, first & 0x7fff_ffff, payload, isLast)
        }
    }

    private mutating func opening(
        _ type: SPDYFrameType, _ stream: UInt32, _ payload: ByteBuffer, _ isLast: Bool
    ) throws -> SPDYFrame {
        guard stream != 0 else { throw SPDYError("headers for stream 0") }
        var block = payload
        // The associated stream, priority and slot.
        if type == .synStream, block.readBytes(length: 6) == nil {
            throw SPDYError("a SYN_STREAM ends early")
        }
        let headers = try inflater.headers(from: block)
        switch type {
        case .synStream:
            return .synStream(stream: stream, headers: headers, isLast: isLast)
        case .synReply: return .synReply(stream: stream, headers: headers, isLast: isLast)
        default: return .headers(stream: stream, headers: headers, isLast: isLast)
        }
    }

    private static func word(_ payload: inout ByteBuffer) throws -> UInt32 {
        guard let word = payload.readInteger(as: UInt32.self) else {
            throw SPDYError("a control frame ends early")
        }
        return word
    }
}
