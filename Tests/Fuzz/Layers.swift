import CLinux
import Dispatch
import Foundation
import Glibc
import ImageProtocol
import ImageTree
import Kernel
import Model

@testable import Archive

/// Layers, unpacked into a directory as the tests do it, without root's privileges being used.
extension FuzzTarget {
    private static let directory = "/tmp/gantry-fuzz.\(getpid())"
    private static let limits = LayerLimits(bytes: 1 << 20, entries: 200)

    static let tars = FuzzTarget(
        "tars", seeds: [seed],
        words: [
            "ustar\u{0}00", "ustar  \u{0}", ".wh.", ".wh..wh..opq", "../", "/", "SCHILY.xattr.",
            "path=", "size=", "-1", "9223372036854775807", "GNU.sparse.major=1", "GNU.sparse.map=",
            "GNU.sparse.offset=", "GNU.sparse.numbytes=", "SCHILY.realsize=-7",
        ], form: .tar
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

    /// Entries of each kind.
    private static let seed = {
        var tar = TarMaker()
        tar.add("usr", .directory)
        tar.add("lib", .symbolicLink, link: "usr/lib")
        tar.pax([("path", "usr/lib/long"), ("SCHILY.xattr.user.a", "b"), ("mtime", "1.5")])
        tar.add("usr/lib/long", .file, "content")
        tar.add("hard", .hardLink, link: "usr/lib/long")
        tar.add("below", .hardLink, link: "etc/passwd")
        tar.add("usr/.wh.gone")
        tar.add("../outside", .file, "escaped")
        tar.add("pipe", .fifo)
        tar.pax([
            ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "holes"),
            ("GNU.sparse.realsize", "9000"),
        ])
        let map = "1\n8192\n4\n"
        let padding = String(repeating: "\0", count: 512 - map.utf8.count)
        tar.add("GNUSparseFile.0/holes", .file, map + padding + "data")
        return tar.finish()
    }()
}
