internal import Kernel
internal import Model
internal import OCI
internal import System

/// Volumes whose files are to have other IDs, for runtimes that mount none such (runc before 1.2):
/// mounted on the node with mapped IDs, for the runtime to bind from there.
struct MappedVolumes: Sendable {
    /// Of the container that they are for.
    let bundle: String

    private var directory: String { "\(bundle)/volumes" }

    /// The same mounts, with those that ask for mapped IDs replaced.
    func prepare(_ mounts: [HostMount]) async throws -> [HostMount] {
        try await Blocking.run {
            try mounts.enumerated().map { number, mount in
                let asked = mount.mount
                if asked.uidMappings.isEmpty && asked.gidMappings.isEmpty { return mount }
                return try prepare(mount, "\(directory)/\(number)")
            }
        }
    }

    private func prepare(_ mount: HostMount, _ target: String) throws -> HostMount {
        guard mount.mount.propagation == .private else {
            throw GantryError(
                .invalidArgument,
                "mounts.propagation: \(mount.mount.containerPath) has mapped IDs, so nothing can "
                    + "propagate")
        }
        try mount.mount.checkMappings()
        let namespace = try UserNamespaces.makeNow(
            uidMap: lines(mount.mount.uidMappings), gidMap: lines(mount.mount.gidMappings))
        try makeTarget(target, like: mount)
        do {
            try mountMapped(mount, on: target, namespace)
        } catch {
            // Few file systems can show other IDs; the kernel says EINVAL of the rest.
            throw GantryError(.failedPrecondition, "mounts.uidMappings", cause: error)
        }
        failpoint("CreateContainer/volume mapped")
        var mapped = mount
        mapped.source = target
        mapped.sharing = .unshared
        mapped.isMapped = true
        return mapped
    }

    private func lines(_ mappings: [IDMapping]) -> String {
        mappings.map { Spec.IDMapping($0).line }.joined()
    }

    /// What may hang was looked at just now, and is taken as the kernel remembers it.
    private func mountMapped(
        _ mount: HostMount, on target: String, _ namespace: borrowing Descriptor
    ) throws(SystemError) {
        guard mount.mayHang else {
            return try Mounts.mountMappedNow(mount.source, on: target, userNamespace: namespace)
        }
        let source = try Files.openRemembered(mount.source)
        try Mounts.mountMappedNow(
            "/proc/self/fd/\(source.raw)", on: target, userNamespace: namespace)
    }

    /// A directory is mounted on a directory, a file on a file.
    private func makeTarget(_ target: String, like mount: HostMount) throws(SystemError) {
        if mount.isDirectory { return try Files.makeDirectories(target, mode: 0o711) }
        try Files.makeDirectories(directory, mode: 0o711)
        try Files.replace(target, with: [])
    }

    /// Unmounts all of them. Safe to repeat.
    func remove() async throws {
        try await Blocking.run {
            guard Files.exists(directory) else { return }
            for name in try Files.list(directory) { try Mounts.unmountNow("\(directory)/\(name)") }
        }
    }
}
