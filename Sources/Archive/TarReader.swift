internal import CArchive
internal import Glibc
internal import Model

/// Reads a tar (ustar, pax, GNU, v7) out of a pipe with libarchive, and takes its digest on the way.
final class TarReader {
    /// What libarchive's callbacks work on; it outlives the archive.
    private final class Source {
        let pipe: BytePipe
        var digest = DigestStream(.sha256)
        var failure: (any Error)?

        init(_ pipe: BytePipe) {
            self.pipe = pipe
        }

        func next() throws -> UnsafeRawBufferPointer {
            let bytes = try pipe.next()
            digest.update(bytes)
            return bytes
        }
    }

    private let archive: OpaquePointer
    private let source: Source

    init(_ pipe: BytePipe) throws {
        guard let archive = archive_read_new() else { fatalError("libarchive: out of memory") }
        self.archive = archive
        source = Source(pipe)
        archive_read_support_format_tar(archive)
        archive_read_support_format_empty(archive)
        let client = Unmanaged.passUnretained(source).toOpaque()
        let opened = archive_read_open(
            archive, client, nil,
            { _, client, bytes in
                guard let client else { return -1 }
                let source = Unmanaged<Source>.fromOpaque(client).takeUnretainedValue()
                do {
                    let next = try source.next()
                    bytes?.pointee = next.baseAddress
                    return next.count
                } catch {
                    source.failure = error
                    return -1
                }
            }, nil)
        try check(opened)
    }

    deinit {
        archive_read_free(archive)
    }

    /// The next entry, or nil at the archive's end.
    func next() throws -> TarEntry? {
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { return nil }
        try check(result)
        guard let entry else { return nil }
        return try TarEntry(entry)
    }

    /// The content of the entry last read, in pieces, each with its place in the file: a sparse file
    /// has holes between them. Returns the file's size.
    func content(_ body: (UnsafeRawBufferPointer, Int64) throws -> Void) throws -> Int64 {
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let result = archive_read_data_block(archive, &bytes, &count, &offset)
            if result == ARCHIVE_EOF { return offset }
            try check(result)
            try body(UnsafeRawBufferPointer(start: bytes, count: count), offset)
        }
    }

    /// Reads what follows the archive's end marker, and returns the digest of all bytes (the OCI
    /// DiffID).
    func finish() throws -> Digest {
        while try !source.next().isEmpty {}
        return source.digest.finish()
    }

    /// `ARCHIVE_RETRY` is not success. A warning is: pax names in UTF-8 give one in the C locale, and
    /// their bytes are kept.
    private func check(_ result: Int32) throws {
        if result == ARCHIVE_OK || result == ARCHIVE_WARN { return }
        if let failure = source.failure { throw failure }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
        throw GantryError(.dataLoss, "bad tar: \(reason)")
    }
}
