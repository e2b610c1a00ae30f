import CArchive
import CLinux
import Dispatch
import Foundation
import Glibc
import ImageProtocol
import Kernel
import Model

@testable import Archive

/// Layers, unpacked into a directory as the tests do it, without root's privileges being used.
extension FuzzTarget {
    private static let directory = "/tmp/gantry-fuzz.\(getpid())"
    private static let limits = LayerLimits(bytes: 1 << 20, entries: 200)

    static let tars = FuzzTarget(
        "tars", seeds: [seed, gzip],
        words: ["ustar\u{0}00", ".wh.", ".wh..wh..opq", "../", "/", "SCHILY.xattr.", "path="]
    ) { input in
        let layer = "\(directory)/layer"
        try Files.makeDirectories(layer)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let stream = LayerStream(
            digest: Digest(of: input), size: UInt64(input.count), limits: limits)
        let fed = DispatchGroup()
        DispatchQueue.global().async(group: fed) {
            do {
                try stream.write(input.span.bytes)
                try stream.finish()
            } catch { stream.fail(error) }
        }
        defer {
            fed.wait()
            demand((try? Files.list(directory)) == ["layer"], "something is beside the layer")
        }
        do { _ = try stream.unpack(into: layer, .none) } catch is SystemError {}
    }

    /// Entries of each kind, with the headers that libarchive writes.
    private static let seed = archive(compressed: false)
    private static let gzip = archive(compressed: true)

    private static func archive(compressed: Bool) -> [UInt8] {
        let writer = archive_write_new()
        defer { archive_write_free(writer) }
        archive_write_set_format_pax(writer)
        archive_write_set_bytes_per_block(writer, 512)
        if compressed { archive_write_add_filter_gzip(writer) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var used = 0
        return buffer.withUnsafeMutableBytes { room in
            archive_write_open_memory(writer, room.baseAddress, room.count, &used)
            add("usr", Glibc.S_IFDIR, to: writer)
            add("lib", Glibc.S_IFLNK, link: "usr/lib", to: writer)
            add("usr/lib/long", Glibc.S_IFREG, "content", to: writer)
            add("hard", Glibc.S_IFREG, hard: "usr/lib/long", to: writer)
            add("usr/.wh.gone", Glibc.S_IFREG, to: writer)
            add("../outside", Glibc.S_IFREG, "escaped", to: writer)
            add("pipe", Glibc.S_IFIFO, to: writer)
            archive_write_close(writer)
            return Array(room[..<used])
        }
    }

    private static func add(
        _ name: String, _ type: mode_t, _ content: String = "", link: String? = nil,
        hard: String? = nil, to writer: OpaquePointer?
    ) {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name)
        archive_entry_set_filetype(entry, UInt32(type))
        archive_entry_set_perm(entry, 0o755)
        if let link { archive_entry_set_symlink(entry, link) }
        if let hard { archive_entry_set_hardlink(entry, hard) }
        archive_entry_set_size(entry, Int64(content.utf8.count))
        if !content.isEmpty { archive_entry_xattr_add_entry(entry, "user.a", "b", 1) }
        archive_write_header(writer, entry)
        archive_write_data(writer, content, content.utf8.count)
    }
}
