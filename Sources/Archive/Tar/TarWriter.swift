internal import Glibc
internal import ImageProtocol
public import Kernel
public import Model

/// Writes a tar into a file, one member behind the other, and knows the digest of all of it.
public struct TarWriter: ~Copyable {
    private let file: Int32
    private let limit: UInt64
    private var digest = DigestStream(.sha256)
    private var size: UInt64 = 0

    /// - Parameters:
    ///   - file: is written to from its position on, and must outlive this value.
    ///   - limit: bytes that there may be at most.
    public init(to file: borrowing Descriptor, limit: UInt64 = .max) {
        self.file = file.raw
        self.limit = limit
    }

    /// A plain file of the root user's, from the year 1970.
    public mutating func add(_ name: String, _ content: [UInt8]) throws {
        try begin(name, UInt64(content.count))
        try write(content)
        try write(TarHeader.padding(UInt64(content.count)))
    }

    /// The same with the content of another file.
    /// - Throws: `dataLoss` when it is not what `digest` says.
    public mutating func add(
        _ name: String, _ part: FilePart, _ digest: Digest, isCancelled: () -> Bool
    ) throws {
        try begin(name, part.size)
        var found = DigestStream(digest.algorithm)
        try part.stream { bytes in
            if isCancelled() { throw CancellationError() }
            try bytes.withUnsafeBytes {
                found.update($0)
                try write($0)
            }
        }
        guard found.finish() == digest else {
            throw GantryError(.dataLoss, "\(part.name) is not \(digest)")
        }
        try write(TarHeader.padding(part.size))
    }

    private mutating func begin(_ name: String, _ size: UInt64) throws {
        var header = TarHeader(name: Array(name.utf8), type: UInt8(ascii: "0"))
        (header.mode, header.size) = (0o644, size)
        try add(header)
    }

    mutating func add(_ header: TarHeader) throws { try write(header.bytes) }

    mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        size = size.plus(UInt64(bytes.count))
        guard size <= limit else {
            throw GantryError(.resourceExhausted, "the tar has more than \(limit) bytes")
        }
        digest.update(bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try syscall("write") { Glibc.write(file, part.baseAddress, part.count) }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the tar with its two empty blocks.
    /// - Returns: of the whole tar.
    public mutating func finish() throws -> (digest: Digest, size: UInt64) {
        try write([UInt8](repeating: 0, count: 2 * TarBlock.size))
        return (digest.finish(), size)
    }
}
