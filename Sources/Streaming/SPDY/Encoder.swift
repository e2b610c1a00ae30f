internal import NIOCore
internal import Text

/// Makes frames into bytes.
struct SPDYEncoder {
    /// Bytes before a data frame's payload.
    static let dataHeader = 8

    private let deflater: HeaderDeflater

    init() throws {
        deflater = try HeaderDeflater()
    }

    mutating func encode(_ frame: SPDYFrame) throws -> ByteBuffer {
        switch frame {
        case .synStream(let stream, let headers, let isLast):
            return try opening(.synStream, stream, headers, isLast)
        case .synReply(let stream, let headers, let isLast):
            return try opening(.synReply, stream, headers, isLast)
        case .headers(let stream, let headers, let isLast):
            return try opening(.headers, stream, headers, isLast)
        case .reset(let stream, let status): return Self.words(.reset, stream, status)
        case .settings: return Self.words(.settings, 0)
        case .ping(let id): return Self.words(.ping, id)
        case .goAway(let stream, let status): return Self.words(.goAway, stream, status)
        case .windowUpdate(let stream, let delta): return Self.words(.windowUpdate, stream, delta)
        case .data(let stream, var bytes, let isLast):
            var frame = Self.dataHeader(stream, length: bytes.readableBytes, isLast: isLast)
            frame.writeBuffer(&bytes)
            return frame
        }
    }

    static func dataHeader(_ stream: UInt32, length: Int, isLast: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(stream)
        buffer.writeInteger((isLast ? 1 << 24 : 0) | UInt32(length))
        return buffer
    }

    private static func words(_ type: SPDYFrameType, _ words: UInt32...) -> ByteBuffer {
        var frame = head(type, length: 4 * words.count, isLast: false)
        for word in words { frame.writeInteger(word) }
        return frame
    }

    private static func head(_ type: SPDYFrameType, length: Int, isLast: Bool) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(0x8003_0000 | UInt32(type.rawValue))
        frame.writeInteger((isLast ? 1 << 24 : 0) | UInt32(length))
        return frame
    }

    private func opening(
        _ type: SPDYFrameType, _ stream: UInt32, _ headers: [SPDYHeader], _ isLast: Bool
    ) throws -> ByteBuffer {
        var block = try deflater.block(of: headers)
        let isStream = type == .synStream
        let length = block.readableBytes + (isStream ? 10 : 4)
        var frame = Self.head(type, length: length, isLast: isLast)
        frame.writeInteger(stream)
        // No associated stream, priority 0, no slot.
        if isStream { frame.writeRepeatingByte(0, count: 6) }
        frame.writeBuffer(&block)
        return frame
    }
}
