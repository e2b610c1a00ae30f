internal import CArchive
internal import Glibc
internal import Kernel
internal import Model

/// The entries of a tar in a file, whose contents libarchive skips by seeking.
final class TarHeaders {
    private static let blockSize = 64 << 10

    private let archive: OpaquePointer
    private let tar: FilePart

    init(_ tar: FilePart) throws {
        guard let archive = archive_read_new() else { fatalError("libarchive: out of memory") }
        self.archive = archive
        self.tar = tar
        archive_read_support_format_tar(archive)
        let number = tar.owner.descriptor.raw
        try syscall("lseek", tar.name) { lseek(number, 0, SEEK_SET) }
        try check(archive_read_open_fd(archive, number, Self.blockSize))
    }

    deinit {
        archive_read_free(archive)
    }

    /// The next entry, valid until the next call, and where in the file its content begins; nil at
    /// the archive's end.
    func next() throws -> (entry: OpaquePointer, start: UInt64)? {
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { return nil }
        try check(result)
        guard let entry else { return nil }
        // What has been taken from the file: the header and all that belongs to it.
        return (entry, UInt64(clamping: archive_filter_bytes(archive, 0)))
    }

    /// As `TarReader` takes them.
    private func check(_ result: Int32) throws {
        if result == ARCHIVE_OK || result == ARCHIVE_WARN { return }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
        throw GantryError(.dataLoss, "\(tar.name) is no tar, or not the whole of one: \(reason)")
    }
}
