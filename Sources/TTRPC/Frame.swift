internal import Model

/// One frame of a connection (ttrpc, PROTOCOL.md, "Message Frame"): ten bytes of header, then data.
public struct Frame: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case request = 1
        case response = 2
        case data = 3
    }

    /// What a flag means for a request, and for data.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The sender sends no more on this stream.
        public static let remoteClosed = Flags(rawValue: 1)
        /// Of a request: data follows.
        public static let remoteOpen = Flags(rawValue: 2)
        /// Not even an empty message is in it.
        public static let noData = Flags(rawValue: 4)
    }

    /// Odd, since none but clients begin streams.
    public var stream: UInt32
    /// One that is not known is for a later version, and to be passed over.
    public var kind: Kind?
    public var flags: Flags
    public var data: [UInt8]

    public static let headerSize = 10
    /// Bytes of data, by the protocol.
    public static let largest = 4 << 20

    public init(_ kind: Kind?, stream: UInt32, flags: Flags = [], data: [UInt8] = []) {
        self.stream = stream
        self.kind = kind
        self.flags = flags
        self.data = data
    }

    /// - Throws: `resourceExhausted` for more data than a frame may have.
    public func encoded() throws -> [UInt8] {
        guard data.count <= Self.largest else {
            throw GantryError(
                .resourceExhausted, "a message of \(data.count) bytes is more than a frame takes")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + data.count)
        bytes.append(bigEndian: UInt32(data.count))
        bytes.append(bigEndian: stream)
        bytes.append(kind?.rawValue ?? 0)
        bytes.append(flags.rawValue)
        return bytes + data
    }
}

extension [UInt8] {
    package mutating func append(bigEndian number: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

extension ArraySlice<UInt8> {
    /// The number in the four bytes from `offset`, which there must be.
    package func bigEndian(at offset: Int) -> UInt32 {
        self[(startIndex + offset)..<(startIndex + offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
