internal import Glibc
internal import Kernel
internal import System

/// The user namespace of a pod that is to see layers with IDs of its own.
public struct LayerOwner: Hashable, Sendable {
    /// The file that it is bound to.
    public let userNamespace: String
    /// The group of its root user, as the node knows it.
    public let group: UInt32

    public init(userNamespace: String, group: UInt32) {
        self.userNamespace = userNamespace
        self.group = group
    }
}

/// Layers as a pod with a user namespace must see them: each mounted once more with its files' IDs
/// mapped. Overlay keeps mounts of its own of what it is given, so these are needed only until it is
/// mounted.
struct MappedLayers: Sendable {
    /// The mounts, in the order of the layers.
    let directories: [String]
    private let home: String

    /// - Parameters:
    ///   - home: where a directory can be made for them; `release` removes it.
    ///   - namespace: the file that the user namespace is bound to.
    init(_ layers: [String], in home: String, userNamespace namespace: String) throws {
        self.home = home
        directories = layers.indices.map { "\(Self.directory(home))/\($0)" }
        let namespace = try Files.open(namespace)
        do {
            for (layer, target) in zip(layers, directories) {
                try Files.makeDirectories(target)
                try Mounts.mountMappedNow(layer, on: target, userNamespace: namespace)
            }
        } catch {
            try? Self.release(home)
            throw error
        }
    }

    func release() throws(SystemError) { try Self.release(home) }

    /// Unmounts them, also those that a daemon which was killed left. Safe to repeat.
    static func release(_ home: String) throws(SystemError) {
        let directory = directory(home)
        guard Files.exists(directory) else { return }
        for name in try Files.list(directory) {
            try Mounts.unmountNow("\(directory)/\(name)")
            _ = rmdir("\(directory)/\(name)")
        }
        try syscall("rmdir", directory) { rmdir(directory) }
    }

    private static func directory(_ home: String) -> String { "\(home)/mapped" }
}
