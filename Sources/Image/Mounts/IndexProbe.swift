internal import EROFS
internal import Glibc
internal import Kernel
internal import System

/// Whether images can be indexed instead of unpacked, found out by doing it in a directory that is
/// removed again. Blocks the thread.
public struct IndexProbe: Sendable {
    /// Why layers are to be unpacked here; nil when they need not be.
    public let reason: String?
    /// Whether pods with user namespaces can have indexed images.
    public let mapsIDs: Bool

    /// Linux 6.18 prints a warning once a boot when EROFS reads a file of ext4; it means nothing, unless
    /// warnings end the kernel.
    private static let panicOnWarning = "/proc/sys/kernel/panic_on_warn"

    public init(below root: String) {
        let home = "\(root)/index-check.\(getpid())"
        defer {
            try? Mounts.unmountNow("\(home)/target")
            try? Mounts.unmountNow("\(home)/mapped/target")
            try? Trees.removeNow(home)
        }
        guard Self.panics == false else {
            (reason, mapsIDs) = ("kernel.panic_on_warn is set", false)
            return
        }
        do {
            let image = try Self.image(home)
            try IndexOverlay(home: home, target: "\(home)/target").mount(over: image)
            guard try Files.read("\(home)/target/file") == Self.content else {
                (reason, mapsIDs) = ("EROFS reads something else than was written", false)
                return
            }
            mapsIDs = (try? Self.mountMapped(image, "\(home)/mapped")) != nil
            reason = nil
        } catch {
            mapsIDs = false
            reason = "EROFS over files wants Linux 6.15, and a disk (no tmpfs) at \(root): \(error)"
        }
    }

    private static let content = Array("indexed".utf8)

    private static var panics: Bool {
        (try? Files.read(panicOnWarning)).map { $0.first != UInt8(ascii: "0") } ?? false
    }

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

    private static func mountMapped(_ image: IndexMount, _ home: String) throws {
        let namespace = try UserNamespaces.makeNow(uidMap: "0 65536 1", gidMap: "0 65536 1")
        let file = "/proc/self/fd/\(namespace.raw)"
        try IndexOverlay(home: home, target: "\(home)/target", userNamespace: file)
            .mount(over: image)
        withExtendedLifetime(namespace) {}
    }
}
