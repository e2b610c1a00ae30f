internal import CLinux
internal import Glibc
internal import Image
internal import Kernel
internal import Model
internal import OCI
internal import Store
internal import System
internal import Text

/// Volumes that are images (KEP-4639): the image's files, read-only, at a path of the container.
struct ImageVolumes: Sendable {
    let node: Node
    /// The container that they are for.
    let id: String
    let sandbox: Sandbox
    /// The pod's user namespace, where it has one.
    var owner: LayerOwner?
    /// The SELinux label that the container's files have, on a node that has them.
    var label: String?

    /// Mounts the image of `mount` on the node, for the runtime to bind from there.
    /// - Throws: `invalidArgument` unless it is read-only; `notFound` without the image; with the
    ///   reason that the kubelet knows, when the sub-path is not in the image.
    func prepare(_ mount: Mount, number: Int) async throws -> HostMount {
        guard mount.readonly else {
            throw GantryError(
                .invalidArgument,
                "mounts.readonly: the image on \(mount.containerPath) is not read-only")
        }
        let image = try await node.usableImage(mount.image, in: sandbox)
        let root = try await node.rootFilesystems.prepare(
            name(number), layers: image.layers.map(\.chain), owner: owner, label: label)
        failpoint("CreateContainer/volume mounted")
        var shown = mount
        shown.image?.imageRef = image.id
        let source = try await Blocking.run { try Self.resolve(mount.imageSubPath, below: root) }
        return HostMount(shown, source: source, sharing: .unshared)
    }

    /// Unmounts and removes all of a container's. Safe to repeat.
    func remove() async throws {
        for name in try await node.rootFilesystemNames()
        where name.begins(with: "\(id)\(Self.infix)") {
            try await node.rootFilesystems.remove(name)
        }
    }

    /// The container whose root file system, or whose volume, has this name.
    static func container(of name: String) -> String {
        String(name.head(before: "-"))
    }

    private static let infix = "-volume-"

    private func name(_ number: Int) -> String { "\(id)\(Self.infix)\(number)" }

    /// The sub-path as a path of the node. Symbolic links in the image lead nowhere but into it; a path or
    /// a link above its root would be all of the image, which nobody has asked for.
    private static func resolve(_ subPath: String, below root: String) throws -> String {
        if subPath.isEmpty { return root }
        var depth = 0
        for part in subPath.utf8.split(separator: UInt8(ascii: "/")) {
            depth += String(part) == ".." ? -1 : String(part) == "." ? 0 : 1
            guard depth >= 0 else { throw leadsOut(subPath) }
        }
        do throws(SystemError) {
            let directory = try Files.open(root, GANTRY_O_PATH | GANTRY_O_DIRECTORY)
            let number = directory.raw
            let flags = UInt64(GANTRY_O_PATH | GANTRY_O_DIRECTORY)
            let found = Descriptor(
                owning: try syscall("open", subPath) {
                    gantry_openat2(number, subPath, flags, 0, GANTRY_RESOLVE_IN_ROOT)
                })
            let path = try path(of: found)
            if path != root || depth == 0 { return path }
        } catch {
            throw GantryError(
                .invalidArgument,
                "ImageVolumeMountFailed: image_sub_path \(subPath) is no directory of the image",
                cause: error)
        }
        throw leadsOut(subPath)
    }

    private static func leadsOut(_ subPath: String) -> GantryError {
        GantryError(
            .invalidArgument,
            "ImageVolumeMountFailed: image_sub_path \(subPath) leads out of the image")
    }

    private static func path(of directory: borrowing Descriptor) throws(SystemError) -> String {
        let link = "/proc/self/fd/\(directory.raw)"
        guard let path = realpath(link, nil) else {
            throw SystemError("realpath", link, errno: errno)
        }
        defer { free(path) }
        return String(cString: path)
    }
}

extension Node {
    /// The names of all root file systems and image volumes, mounted or with something to write to.
    func rootFilesystemNames() async throws -> Set<String> {
        try await Blocking.run { [paths] in
            Set(try Files.list(paths.containers))
                .union(try Files.list("\(paths.root)/containers"))
        }
    }
}
