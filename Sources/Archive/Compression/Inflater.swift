internal import Model

/// Compressed bytes in, plain bytes into a pipe. Used by one thread.
protocol Inflater: AnyObject {
    func inflate(_ input: UnsafeRawBufferPointer, into pipe: BytePipe) throws
    /// - Throws: when the stream ended in the middle.
    func finish() throws
}

/// Finds the compression by the stream's first bytes and not by its media type: registries hold
/// plain tars that are called gzip, and all runtimes take them.
struct DetectingInflater {
    private var head: [UInt8] = []
    private var inflater: (any Inflater)?

    mutating func inflate(_ input: UnsafeRawBufferPointer, into pipe: BytePipe) throws {
        if let inflater { return try inflater.inflate(input, into: pipe) }
        head += input
        if head.count >= Compression.headCount { _ = try choose(pipe) }
    }

    mutating func finish(into pipe: BytePipe) throws {
        try (inflater ?? choose(pipe)).finish()
    }

    private mutating func choose(_ pipe: BytePipe) throws -> any Inflater {
        let chosen = Self.inflater(for: head)
        try head.withUnsafeBytes { try chosen.inflate($0, into: pipe) }
        inflater = chosen
        head = []
        return chosen
    }

    private static func inflater(for head: [UInt8]) -> any Inflater {
        switch Compression(head: head) {
        case .gzip: GzipInflater()
        case .zstd: ZstdInflater()
        case .none: PlainInflater()
        }
    }
}

/// A tar that is not compressed.
final class PlainInflater: Inflater {
    func inflate(_ input: UnsafeRawBufferPointer, into pipe: BytePipe) throws {
        var rest = input[...]
        while !rest.isEmpty {
            let space = try pipe.space()
            let part = rest.prefix(space.count)
            space.copyBytes(from: part)
            try pipe.advance(part.count)
            rest = rest.dropFirst(part.count)
        }
    }

    func finish() {}
}
