internal import CLinux
internal import Glibc
internal import Image
internal import Kernel
internal import Model
internal import Store
internal import System
internal import Text

/// Mounts an image read-only on a directory of the node, for people to look into.
struct MountImage: RPC {
    let node: Node

    func respond(to request: MountImageRequest) async throws -> MountImageResponse {
        let image = try node.images.get(request.image)
        let path = request.path
        try await Blocking.run { try check(path) }
        let view = ImageView(node.layers, empty: node.paths.empty)
        try await node.imageMounts.mount(image.id) {
            try view.mount(
                image.layers.map(\.chain), on: path, source: ImageMounts.source(of: image.id))
        }
        return MountImageResponse(image: image.id)
    }

    /// Blocks.
    private func check(_ path: String) throws {
        guard path.begins(with: "/"), path != "/" else {
            throw GantryError(.invalidArgument, "\"\(path)\" is no absolute path, or the root")
        }
        let own = [node.paths.root, node.paths.runRoot]
        guard !own.contains(where: { Path.isAt(path, orBelow: $0) }) else {
            throw GantryError(.invalidArgument, "\(path) is Gantry's own")
        }
        do throws(SystemError) {
            _ = try Files.open(path, GANTRY_O_PATH | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        } catch {
            throw GantryError(.invalidArgument, "\(path) is no directory", cause: error)
        }
        if let there = try node.imageMounts.read().first(where: { $0.path == path }) {
            throw GantryError(.alreadyExists, "image \(there.image) is mounted on \(path)")
        }
    }
}

/// Takes away what `MountImage` has mounted, and nothing else.
struct UnmountImage: RPC {
    let node: Node

    func respond(to request: UnmountImageRequest) async throws -> UnmountImageResponse {
        let path = request.path
        return try await Blocking.run {
            let mounts = node.imageMounts
            guard let entry = try mounts.read().last(where: { $0.path == path }) else {
                throw GantryError(.notFound, "no image is mounted on \(path)")
            }
            do throws(SystemError) {
                try Mounts.unmountIdleNow(path)
            } catch {
                throw GantryError(.failedPrecondition, "\(path) is in use", cause: error)
            }
            _ = try mounts.read()
            return UnmountImageResponse(image: entry.image)
        }
    }
}

struct ListImageMounts: RPC {
    let node: Node

    func respond(to request: ListImageMountsRequest) async throws -> ListImageMountsResponse {
        let entries = try await Blocking.run { try node.imageMounts.read() }
        return ListImageMountsResponse(
            mounts: entries.map { ImageMount(image: $0.image, path: $0.path) })
    }
}
