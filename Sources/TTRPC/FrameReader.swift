internal import Model

/// Puts frames together from bytes as they come. What is kept is never more than one frame.
public struct FrameReader: Sendable {
    private let largest: Int
    private var buffer = PacketBuffer()

    /// - Parameter largest: bytes of data that one frame may have here.
    public init(largest: Int = Frame.largest) {
        self.largest = min(largest, Frame.largest)
    }

    public mutating func feed(_ bytes: [UInt8]) {
        buffer.feed(bytes)
    }

    /// The next frame that is there as a whole.
    /// - Throws: `resourceExhausted` for a frame that is too large, after which nothing can be read.
    public mutating func next() throws -> Frame? {
        guard let header = buffer.peek(Frame.headerSize) else { return nil }
        let size = Int(header.bigEndian(at: 0))
        guard size <= largest else {
            throw GantryError(
                .resourceExhausted, "a frame has \(size) bytes, and may have \(largest)")
        }
        let rest = header.dropFirst(8)
        var frame = Frame(
            Frame.Kind(rawValue: rest[rest.startIndex]), stream: header.bigEndian(at: 4),
            flags: .init(rawValue: rest[rest.startIndex + 1]))
        guard let packet = buffer.take(Frame.headerSize + size) else { return nil }
        frame.data = Array(packet.dropFirst(Frame.headerSize))
        return frame
    }
}

/// Bytes that come in pieces and are taken in others.
package struct PacketBuffer: Sendable {
    private var bytes: [UInt8] = []
    private var taken = 0

    package init() {}

    package mutating func feed(_ more: [UInt8]) {
        if taken == bytes.count {
            bytes = more
        } else {
            bytes.removeFirst(taken)
            bytes += more
        }
        taken = 0
    }

    /// The next `count` bytes, when there are so many.
    package func peek(_ count: Int) -> ArraySlice<UInt8>? {
        bytes.count - taken < count ? nil : bytes[taken..<(taken + count)]
    }

    package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard let packet = peek(count) else { return nil }
        taken += count
        return packet
    }
}
