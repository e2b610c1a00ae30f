internal import Image
internal import Model

/// What images and containers take on disk: sums of what was noted when each layer was unpacked, and
/// of the containers' writable directories.
struct ImageFsInfo: RPC {
    let node: Node

    func respond(to request: ImageFsInfoRequest) async throws -> ImageFsInfoResponse {
        ImageFsInfoResponse(
            imageFilesystems: [usage(node.layers.usage())],
            containerFilesystems: [usage(try await node.writableUsage())])
    }

    private func usage(_ used: (bytes: UInt64, inodes: UInt64)) -> FilesystemUsage {
        FilesystemUsage(
            timestamp: Clock.now(), fsId: FilesystemIdentifier(mountpoint: node.paths.root),
            usedBytes: UInt64Value(value: used.bytes), inodesUsed: UInt64Value(value: used.inodes))
    }
}
