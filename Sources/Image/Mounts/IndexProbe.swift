internal import EROFS
internal import Glibc
internal import Kernel
internal import System

/// Whether images can be indexed instead of unpacked, found out by doing it in a directory that is
/// removed again. Blocks the thread.
public struct IndexProbe: Sendable {
    /// Why layers are to be unpacked here; nil when they need not be.
    public let reason: String?
    /// Why they had better be, unless somebody says otherwise.
    public let caution: String?

    /// - Throws: `SystemError` for a shortage: a disk without room can be mounted from, and is not found out
    ///   about.
    public init(below root: String) throws {
        let home = "\(root)/index-check.\(getpid())"
        defer {
            for place in ["/nested", "", "/mapped"] {
                try? Mounts.unmountNow("\(home)\(place)/target")
            }
            try? Trees.removeNow(home)
        }
        do {
            let failure = try KernelWarnings.endTheKernel ?? Self.failure(home)
            let caution = try failure == nil ? Self.caution(home) : nil
            (reason, self.caution) = (failure, caution)
        } catch let error as SystemError where error.isShortage {
            throw error
        } catch {
            reason = "EROFS over files wants Linux 6.15, and a disk (no tmpfs) at \(root): \(error)"
            caution = nil
        }
    }

    private static func failure(_ home: String) throws -> String? {
        let image = try image(home)
        try IndexOverlay(home: home, target: "\(home)/target").mount(over: image)
        guard try Files.read("\(home)/target/file") == content else {
            return "EROFS reads something else than was written"
        }
        return try mapsIDs(image, home) ? nil : "they cannot be mounted with mapped IDs"
    }

    private static let content = Array("indexed".utf8)

    /// One file, whose content is in another one.
    private static func image(_ home: String) throws -> IndexMount {
        try Files.makeDirectories(home, mode: 0o700)
        try Files.replace(
            "\(home)/tar",
            with: Array(repeating: 0, count: 512) + content
                + Array(repeating: 0, count: 512 - content.count))
        let extent = Extent(
            offset: 0, length: UInt64(content.count), device: 0, position: 512)
        let file = Inode(
            mode: 0o644, content: .file(size: UInt64(content.count), extents: [extent]))
        let root = Inode(
            mode: 0o755,
            content: .directory([DirectoryEntry(name: Array("file".utf8), inode: 1)]))
        let index = try Metadata([root, file], devices: [Device(size: 1024)])
        try Files.replace("\(home)/index", with: index.bytes)
        return try IndexMount(index: "\(home)/index", tars: ["\(home)/tar"])
    }

    /// Whether pods with user namespaces can have indexed images. Where there are no user namespaces,
    /// nobody asks.
    private static func mapsIDs(_ image: IndexMount, _ home: String) throws -> Bool {
        guard let namespace = try? UserNamespaces.makeNow(uidMap: "0 65536 1", gidMap: "0 65536 1")
        else { return true }
        let file = "/proc/self/fd/\(namespace.raw)"
        let overlay = IndexOverlay(
            home: "\(home)/mapped", target: "\(home)/mapped/target", userNamespace: file)
        defer { withExtendedLifetime(namespace) {} }
        return try works { try overlay.mount(over: image) }
    }

    private static func caution(_ home: String) throws -> String? {
        if SecurityLabels.areUsed { return "SELinux is on, and nobody has tried them with it" }
        // The kernel counts file systems that stand on others, two at the most; some releases count EROFS
        // over files as one of them.
        let nested = Overlay(
            lower: ["\(home)/target"], home: "\(home)/nested", target: "\(home)/nested/target")
        return try works(nested.mount)
            ? nil
            : "containers could mount no overlay over files of their own, as this kernel counts"
    }
}

/// Linux 6.18 prints a warning once a boot when EROFS reads a file of ext4; it means nothing, unless warnings
/// end the kernel.
private enum KernelWarnings {
    static var endTheKernel: String? {
        ["panic_on_warn", "warn_limit"].first(where: isSet).map { "kernel.\($0) is set" }
    }

    private static func isSet(_ name: String) -> Bool {
        (try? Files.read("/proc/sys/kernel/\(name)")).map { $0.first != UInt8(ascii: "0") } ?? false
    }
}
