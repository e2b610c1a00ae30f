internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// What a file system does for layers and containers, found out by doing it in a directory that is
/// removed again. Blocks the thread.
public struct StorageProbe: Sendable {
    /// Why overlay cannot be used; nil when it can.
    public private(set) var failure: String?
    /// What was short, as on a full disk, so that nothing was found out.
    public private(set) var shortage: String?
    /// Whether layers can be shown with other IDs, as pods with user namespaces want it.
    public private(set) var mapsIDs = false
    /// Whether files keep `user.*` attributes, which some images have.
    public private(set) var hasUserAttributes = false

    public init(below root: String) {
        let home = "\(root)/check.\(getpid())"
        defer {
            try? Mounts.unmountNow("\(home)/target")
            try? Trees.removeNow(home)
        }
        do {
            try Files.makeDirectories("\(home)/lower/directory", mode: 0o700)
            try Overlay(lower: ["\(home)/lower"], home: home, target: "\(home)/target").mount()
            // It mounts on a file system without overlay's attributes, and fails later.
            try Self.replace("\(home)/target/directory")
        } catch let error as SystemError where error.isShortage {
            shortage = "\(error)"
            return
        } catch {
            failure = "overlay cannot be used: \(error)"
        }
        hasUserAttributes = Self.keepsUserAttributes(home)
        try? Mounts.unmountNow("\(home)/target")
        do {
            mapsIDs = try works { try Self.mountMapped("\(home)/mapped") }
        } catch {
            shortage = "\(error)"
        }
        try? Mounts.unmountNow("\(home)/mapped/target")
    }

    /// A directory that is removed leaves a whiteout, and one that is made again in its place hides
    /// the lower one by an attribute (overlayfs.rst, "whiteouts and opaque directories").
    private static func replace(_ directory: String) throws(SystemError) {
        try syscall("rmdir", directory) { rmdir(directory) }
        try syscall("mkdir", directory) { mkdir(directory, 0o700) }
    }

    private static func keepsUserAttributes(_ directory: String) -> Bool {
        setxattr(directory, "user.gantry", "1", 1, 0) == 0
    }

    private static func mountMapped(_ home: String) throws {
        let namespace = try UserNamespaces.makeNow(uidMap: "0 65536 1", gidMap: "0 65536 1")
        let file = "/proc/self/fd/\(namespace.raw)"
        try Overlay(lower: [], home: home, target: "\(home)/target", userNamespace: file).mount()
        withExtendedLifetime(namespace) {}
    }
}
