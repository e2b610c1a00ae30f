internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// Fits one layer's directories into the layers below; see `UnpackedLayer.fit`.
struct Fitting {
    private let own: LayerView
    private let layers: [LayerView]
    private let parents: Parents
    private let attributes: AttributeWriter
    private let contents: ContentSum

    init(
        _ directory: String, _ privileges: Privileges, onto layers: [LayerView],
        _ contents: ContentSum
    ) throws {
        self.contents = contents
        own = try LayerView(directory, privileges)
        self.layers = layers
        attributes = AttributeWriter(privileges: privileges)
        parents = try Parents(directory, attributes)
    }

    /// - Parameter implicit: all names that are being fitted.
    /// - Returns: the names that are to be fitted next, since something moved there.
    func fit(_ name: EntryName, among implicit: Set<EntryName>) throws -> Set<EntryName> {
        switch try own.look(for: name) {
        case .hidden: return []
        case .absent: return []
        case .link(let actual, let isLast): return isLast ? [] : [actual]
        case .directory(let target, let isCut):
            // What is new in an opaque directory has nothing below it.
            if isCut { return try setDefaults(target.raw, name) }
            return try fit(name, target.raw, among: implicit)
        }
    }

    private func fit(
        _ name: EntryName, _ target: Int32, among implicit: Set<EntryName>
    ) throws -> Set<EntryName> {
        for layer in layers {
            switch try layer.look(for: name) {
            case .directory(let source, _):
                try attributes.copy(from: source.raw, to: target, name)
                return []
            case .link(let actual, let isLast):
                if isLast { return try move(name, target, to: actual, implicit) }
                return try setDefaults(target, name)
            case .hidden: return try setDefaults(target, name)
            case .absent: continue
            }
        }
        return try setDefaults(target, name)
    }

    /// What containers expect of a directory nobody described: root's, and 0755.
    private func setDefaults(_ target: Int32, _ name: EntryName) throws -> Set<EntryName> {
        try syscall("fchmod", name.description) { fchmod(target, 0o755) }
        return []
    }

    private func move(
        _ name: EntryName, _ source: Int32, to actual: EntryName, _ implicit: Set<EntryName>
    ) throws -> Set<EntryName> {
        guard !actual.isAt(orBelow: name) else {
            throw GantryError(.invalidArgument, "\(name): a symbolic link to itself in the image")
        }
        if own.isOpaque(source) {
            try attributes.markOpaque(try parents.directory(of: actual.appending([120])), actual)
        }
        try moveChildren(of: source, to: actual)
        let parent = try parents.directory(of: name)
        try syscall("rmdir", name.description) { unlinkat(parent, name.leaf, AT_REMOVEDIR) }
        let below = implicit.filter { $0.isAt(orBelow: name) }
        let created = parents.implicit.subtracting([.root])
        return created.union(below.map { $0.moved(from: name, to: actual) })
    }

    /// Directories on both sides become one; of anything else the one that moves stays.
    private func moveChildren(of source: Int32, to target: EntryName) throws {
        let children = try Trees.children(of: Descriptor(owning: gantry_dup_cloexec(source)))
        for leaf in children {
            let name = target.appending(leaf.dropLast())
            let directory = try parents.directory(of: name)
            if let there = try Existing(leaf, in: directory) {
                if there.isDirectory, try Existing(leaf, in: source)?.isDirectory == true {
                    try merge(leaf, of: source, into: name)
                    continue
                }
                contents.invalidate()
                try Trees.removeNow(leaf, in: directory)
            }
            try syscall("rename", name.description) { renameat(source, leaf, directory, leaf) }
        }
    }

    private func merge(_ leaf: [CChar], of source: Int32, into name: EntryName) throws {
        let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
        let inner = Descriptor(
            owning: try syscall("open", name.description) { gantry_openat(source, leaf, flags, 0) })
        try moveChildren(of: inner.raw, to: name)
        try syscall("rmdir", name.description) { unlinkat(source, leaf, AT_REMOVEDIR) }
    }
}
