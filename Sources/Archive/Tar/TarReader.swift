internal import Model

/// Reads a layer's tar out of a pipe, and takes its digest on the way.
final class TarReader {
    private let input: PipedTar
    private let parser: TarParser
    private var segments: [SparseMap.Segment] = []
    private var size: UInt64 = 0

    init(_ pipe: BytePipe) {
        input = PipedTar(pipe)
        parser = TarParser(input)
    }

    /// The next entry, or nil at the archive's end.
    func next() throws -> TarEntry? {
        while true {
            // A pipe hands on many entries at once, and a pull that was cancelled ends between them.
            try input.check()
            guard let header = try parser.next() else { return nil }
            size = header.size
            segments = header.sparse?.segments ?? [.init(offset: 0, length: header.size)]
            if let entry = try TarEntry(header) { return entry }
        }
    }

    /// The content of the entry last read, in pieces, each with its place in the file: a sparse file
    /// has holes between them. Returns the file's size.
    func content(_ body: (UnsafeRawBufferPointer, UInt64) throws -> Void) throws -> UInt64 {
        var pieces = segments.filter { $0.length > 0 }[...]
        var done: UInt64 = 0
        while true {
            var bytes = try parser.content()
            if bytes.isEmpty { break }
            while !bytes.isEmpty {
                guard let piece = pieces.first else {
                    throw badTar("a sparse file has too many bytes")
                }
                let count = Int(min(UInt64(bytes.count), piece.length - done))
                try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]), piece.offset + done)
                bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
                done += UInt64(count)
                if done == piece.length {
                    pieces = pieces.dropFirst()
                    done = 0
                }
            }
        }
        guard pieces.isEmpty else { throw badTar("a sparse file has too few bytes") }
        return size
    }

    /// Reads what follows the archive's end marker, and returns the digest of all bytes (the OCI
    /// DiffID).
    func finish() throws -> Digest {
        try input.finish()
    }
}
