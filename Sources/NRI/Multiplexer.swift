internal import Model
internal import TTRPC

/// Logical connections over one socket: frames of a connection's number and a length, both four bytes,
/// and that many bytes of the connection (NRI, `pkg/net/multiplex`).
public struct Multiplexer: Sendable {
    /// The plugin's service is asked on the first, the runtime's on the second.
    public static let plugin: UInt32 = 1
    public static let runtime: UInt32 = 2

    private static let headerSize = 8
    /// A whole ttrpc frame.
    private static let largest = Frame.largest + Frame.headerSize
    /// What plugins read at once of a frame's beginning, through a buffer of this size.
    private static let first = 4096

    private var buffer = PacketBuffer()

    public init() {}

    /// One ttrpc frame as the frames of a connection. The first is no larger than what Go's readers
    /// take for a header; they read the rest as one.
    public static func encode(_ bytes: [UInt8], for connection: UInt32) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 2 * headerSize)
        let head = bytes.prefix(first)
        for part in [head, bytes[head.endIndex...]] where !part.isEmpty {
            result.append(bigEndian: connection)
            result.append(bigEndian: UInt32(part.count))
            result += part
        }
        return result
    }

    public mutating func feed(_ bytes: [UInt8]) {
        buffer.feed(bytes)
    }

    /// The next frame that is there as a whole.
    /// - Throws: `resourceExhausted` for one that is too large, after which nothing can be read.
    public mutating func next() throws -> (connection: UInt32, bytes: [UInt8])? {
        guard let header = buffer.peek(Self.headerSize) else { return nil }
        let connection = header.bigEndian(at: 0)
        let size = Int(header.bigEndian(at: 4))
        guard size <= Self.largest else {
            throw GantryError(.resourceExhausted, "a frame of \(size) bytes is too large")
        }
        guard let packet = buffer.take(Self.headerSize + size) else { return nil }
        return (connection, Array(packet.dropFirst(Self.headerSize)))
    }
}
