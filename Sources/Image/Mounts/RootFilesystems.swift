internal import Glibc
internal import Kernel
internal import Model
internal import System

/// Containers' root file systems: an image's layers with a writable directory on top, by overlay.
///
/// What must outlive a reboot (the writable part) is in `ROOT/containers/ID`; the mount is at
/// `RUNROOT/containers/ID/rootfs`.
public final class RootFilesystems: Sendable {
    private let root: String
    private let runroot: String
    private let layers: Layers
    private let usages = WritableUsages()
    private let images = IndexMounts()
    private let quota: ProjectQuota?

    /// - Parameter writableLimit: bytes of each container's writable part; 0 is no limit.
    /// - Throws: `GantryError` (`failedPrecondition`) where there are no such limits; `SystemError`.
    public init(root: String, runroot: String, layers: Layers, writableLimit: UInt64 = 0) throws {
        self.root = root
        self.runroot = runroot
        self.layers = layers
        let containers = "\(root)/containers"
        try Files.makeDirectories(containers, mode: 0o700)
        quota = try writableLimit == 0 ? nil : ProjectQuota(at: containers, limit: writableLimit)
    }

    /// Where a container's root file system is mounted.
    public func path(of id: String) -> String { "\(runroot)/containers/\(id)/rootfs" }

    /// Where the volumes are that a container's image declares: they count as its writable part, and go
    /// with it.
    public func volumes(of id: String) -> String { "\(home(of: id))/volumes" }

    /// Where what a container has written is, as overlay keeps it.
    public func writableLayer(of id: String) -> String { "\(home(of: id))/upper" }

    private func home(of id: String) -> String { "\(root)/containers/\(id)" }

    /// Mounts the root file system of a container.
    /// - Parameters:
    ///   - chains: chain IDs of the image's layers, the lowest first; none is an empty root.
    ///   - owner: the pod's user namespace, where it has one.
    ///   - label: the SELinux label of all files, on a node that has them.
    /// - Returns: where it is mounted.
    /// - Throws: `GantryError` (`failedPrecondition`) when a layer is not there, `SystemError`.
    ///   Nothing is left then.
    public func prepare(
        _ id: String, layers chains: [String], owner: LayerOwner? = nil, label: String? = nil
    ) async throws -> String {
        guard let format = layers.format(of: chains) else {
            throw GantryError(
                .failedPrecondition,
                "the image cannot be mounted: \(layers.missing(chains) ?? "it has just gone")")
        }
        let indexed = format == .erofs ? layers.indexed(chains) : nil
        let overlay = Overlay(
            lower: chains.reversed().map(layers.path(of:)), home: home(of: id),
            target: path(of: id),
            userNamespace: owner?.userNamespace, label: label)
        let above = Path.parent(of: overlay.target)
        do {
            try await Trace.span("root file system") {
                try await Blocking.run {
                    // Nobody else may get at an image's programs that run as root.
                    try Files.makePrivateDirectory(above, group: owner?.group)
                    if let quota = self.quota {
                        try Files.makeDirectories(overlay.home)
                        try quota.assign(overlay.home)
                    }
                    guard let indexed else { return try overlay.mount() }
                    let image = try self.images.mount(indexed, for: id)
                    try IndexOverlay(overlay).mount(over: image)
                }
            }
        } catch {
            try? await remove(id)
            throw error
        }
        return path(of: id)
    }

    /// Unmounts it and removes the writable part. What is not there any more is no error.
    public func remove(_ id: String) async throws {
        let target = path(of: id)
        usages.forget(id)
        try await Mounts.unmount(target)
        try await Blocking.run { [home = home(of: id), images] in
            images.release(id)
            try MappedLayers.release(home)
        }
        let project = quota == nil ? nil : ProjectQuota.project(at: home(of: id))
        try await Trees.remove(home(of: id))
        try await Blocking.run { [quota] in
            if let project { quota?.forget(project) }
            // The directory above belongs to the container's bundle too, and may not be empty.
            _ = rmdir(target)
            _ = rmdir(Path.parent(of: target))
        }
    }

    /// Whether kernel and file system can show layers with other IDs, as user namespaces want it:
    /// found out by doing it. A full disk, on which that cannot be found out, takes nothing from the pods that
    /// are there.
    public func canMapIDs() async -> Bool {
        let home = home(of: ".probe")
        let target = "\(home)/rootfs"
        let done = try? await Blocking.run {
            guard
                let namespace = try? UserNamespaces.makeNow(
                    uidMap: "0 65536 1", gidMap: "0 65536 1")
            else { return false }
            let file = "/proc/self/fd/\(namespace.raw)"
            defer { withExtendedLifetime(namespace) {} }
            return try works {
                try Overlay(lower: [], home: home, target: target, userNamespace: file).mount()
            }
        }
        try? await Mounts.unmount(target)
        try? await Trees.remove(home)
        return done ?? true
    }

    /// Whether the root file system is mounted at this moment.
    public func mounted(_ id: String) -> Bool {
        var inner = stat()
        var outer = stat()
        let target = path(of: id)
        return stat(target, &inner) == 0 && stat(Path.parent(of: target), &outer) == 0
            && inner.st_dev != outer.st_dev
    }

    /// What a container's writable part takes on disk; see `WritableUsages` for how old that may be.
    public func usage(_ id: String) async throws -> WritableUsage {
        try await Blocking.run { self.usageNow(id) }
    }

    /// The same for callers that may block the thread.
    public func usageNow(_ id: String) -> WritableUsage {
        // Where the file system counts, nothing is walked.
        if let (bytes, inodes) = quota?.usage(of: home(of: id)) {
            return WritableUsage(
                bytes: bytes, inodes: inodes, measuredAt: WritableUsages.wallClock())
        }
        return usages.usage(id, of: ["\(home(of: id))/upper", volumes(of: id)])
    }
}
