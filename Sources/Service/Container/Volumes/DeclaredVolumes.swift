internal import Glibc
internal import Image
internal import ImageTree
internal import Kernel
internal import Model
internal import OCI
internal import System

/// What becomes of the volumes that an image declares (`VOLUME`).
public enum ImageVolumesMode: String, Sendable {
    /// A writable directory of the container's own, with what the image has there.
    case bind
    /// A directory of the root file system, made where it is missing.
    case mkdir
    case ignore
}

/// The volumes that a container's image declares: the image counts on a directory that can be written,
/// under a read-only root too.
struct DeclaredVolumes: Sendable {
    let node: Node
    /// The container that they are for.
    let id: String
    let sandbox: Sandbox
    let user: ResolvedUser
    /// The container's root file system on the node.
    let root: String

    /// A hostile image could name millions.
    private static let most = 1000

    /// - Parameter mounts: the request's; what they cover is theirs.
    /// - Throws: `invalidArgument` when there are too many; `SystemError`.
    func prepare(_ paths: [String], besides mounts: [Mount]) async throws -> [HostMount] {
        let mode = node.settings.imageVolumes
        guard mode != .ignore, !paths.isEmpty else { return [] }
        guard paths.count <= Self.most else {
            throw GantryError(
                .invalidArgument,
                "the image declares \(paths.count) volumes, and more than \(Self.most)")
        }
        let mappings = try UserMappings(sandbox.namespaces.usernsOptions)
        return try await Blocking.run {
            let taken = try mounts.map { try RootedPlace($0.containerPath, inRoot: root).path }
            if mode == .bind { return try bind(paths, besides: taken, mappings) }
            for path in paths { try makeDirectory(path, besides: taken, mappings) }
            return []
        }
    }

    private func bind(
        _ paths: [String], besides taken: [String], _ mappings: UserMappings?
    ) throws -> [HostMount] {
        var volumes: [HostMount] = []
        for path in paths {
            guard let place = try find(path) else { continue }
            let target = place.path
            let isTwice = volumes.contains { $0.mount.containerPath == target }
            guard !isTwice, isFree(target, taken), place.isDirectoryOrNothing else { continue }
            let source = try fill(place, number: volumes.count, mappings)
            let mount = Mount(containerPath: target, hostPath: source, selinuxRelabel: true)
            volumes.append(HostMount(mount, source: source, sharing: .unshared))
        }
        return volumes
    }

    /// Nil for a name that no file can have.
    private func find(_ path: String) throws(SystemError) -> RootedPlace? {
        if path.utf8.contains(0) { return nil }
        do throws(SystemError) {
            return try RootedPlace(path, inRoot: root)
        } catch {
            guard error.errno == ENAMETOOLONG else { throw error }
            return nil
        }
    }

    /// What lies on or below a mount of the request is that mount's. The kernel's own file systems and
    /// the pod's files are no image's to replace, nor is the root.
    private func isFree(_ path: String, _ taken: [String]) -> Bool {
        let own = ["/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]
        return path != "/" && !(own + taken).contains { Path.isAt(path, orBelow: $0) }
    }

    private func fill(
        _ place: consuming RootedPlace, number: Int, _ mappings: UserMappings?
    ) throws -> String {
        let directory = "\(node.rootFilesystems.volumes(of: id))/\(number)"
        try Files.makeDirectories(directory)
        if let source = try place.openDirectory() {
            try TreeCopy.copy(source, to: directory)
        } else {
            try syscall("chown", directory) {
                chown(directory, mappings?.uids.hostID ?? 0, mappings?.gids.hostID ?? 0)
            }
        }
        failpoint("CreateContainer/declared volume filled")
        return mappings == nil ? directory : try show(directory, number)
    }

    /// Nobody but root gets to where volumes are kept, so a pod with a user namespace finds them where
    /// its mapped volumes are.
    private func show(_ directory: String, _ number: Int) throws -> String {
        let target = "\(node.paths.container(id).bundle)/volumes/image-\(number)"
        try Files.makeDirectories(target, mode: 0o711)
        try Mounts.mountNow(directory, on: target, type: "", flags: .bind)
        return target
    }

    private func makeDirectory(
        _ path: String, besides taken: [String], _ mappings: UserMappings?
    ) throws {
        guard let place = try find(path), isFree(place.path, taken) else { return }
        try RootedPlace.makeDirectory(
            place.path, inRoot: root, owner: (mappings?.uids.hostID ?? 0) &+ user.uid,
            group: (mappings?.gids.hostID ?? 0) &+ user.gid)
    }
}
