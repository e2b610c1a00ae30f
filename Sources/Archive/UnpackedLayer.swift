internal import CLinux
internal import Glibc
internal import Kernel

/// A layer that stands in a directory, and what is still to be done to it.
public struct UnpackedLayer: Sendable {
    /// The digest of the plain tar (image-spec, config.md#layer-diffid).
    public let diffID: Digest
    /// What its files take on disk, in whole blocks of 4 KiB.
    public let bytes: UInt64
    public let inodes: UInt64
    let privileges: Privileges
    let implicit: Set<EntryName>

    /// Gives the directories that the layer has no entry for the owner, mode, times and extended
    /// attributes that they have in the layers below: overlay takes a directory's attributes from
    /// the topmost layer that has it.
    ///
    /// - Parameters:
    ///   - directory: where this layer was unpacked.
    ///   - below: the directories of the layers below, the nearest first, all of them inherited
    ///     already.
    public func inheritAttributes(in directory: String, below: [String]) throws {
        var layers: [Inheritance] = []
        for path in below { layers.append(try Inheritance(path, privileges)) }
        let own = try Inheritance(directory, privileges)
        for name in implicit.sorted(by: { $0.bytes.count < $1.bytes.count }) {
            try inherit(name, own, layers)
        }
    }

    private func inherit(_ name: EntryName, _ own: Inheritance, _ layers: [Inheritance]) throws {
        guard case .directory(let target, let isCut) = try own.look(for: name) else { return }
        if !isCut || name.isRoot {
            for layer in layers {
                switch try layer.look(for: name) {
                case .directory(let source, _):
                    return try own.copyAttributes(from: source.raw, to: target.raw, name)
                case .hidden: return try own.setDefaults(target.raw, name)
                case .absent: continue
                }
            }
        }
        try own.setDefaults(target.raw, name)
    }
}
