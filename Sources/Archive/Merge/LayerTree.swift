internal import EROFS
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Model

/// Puts the layers of an image on top of one another by the rules of image-spec's layer.md, as
/// `LayerWriter`, `UnpackedLayer.fit` and overlay do it on a disk.
///
/// Of each layer a tree of its own is made, by its entries in their order; it is fitted to the layers
/// below, and laid over them.
struct LayerTree {
    var tree: FileTree
    /// Of the layer that is being read.
    let root: Int
    private let limits: LayerLimits
    private var entries = 0
    /// The directory that the last entry went into: a tar lists a directory's files one after the other.
    private var parent: (name: EntryName, directory: Int)?
    /// Whether anything in it speaks of layers below.
    private(set) var hasWhiteouts = false
    private(set) var hasLinksBelow = false
    private var linksBelow: [EntryName: Int] = [:]

    init(_ tree: consuming FileTree, _ limits: LayerLimits) throws(GantryError) {
        self.tree = tree
        self.limits = limits
        root = try self.tree.makeDirectory()
        self.tree[root].isImplicit = true
    }

    mutating func add(_ member: LayerMember) throws {
        let entry = member.entry
        entries += 1
        guard entries <= limits.entries else {
            throw GantryError(
                .resourceExhausted, "the layer has more entries than the limit of \(limits.entries)"
            )
        }
        if entry.name.isRoot {
            guard entry.kind == .directory else {
                throw GantryError(.invalidArgument, "the layer's root is not a directory")
            }
            try describe(root, entry)
        } else if let whiteout = Whiteout(entry.name.leaf) {
            try add(whiteout, entry.name)
        } else {
            try addFile(member)
        }
    }

    private mutating func addFile(_ member: LayerMember) throws {
        let entry = member.entry
        let parent = try directory(of: entry.name)
        var bare = entry.attributes
        bare.extended = []
        switch entry.kind {
        case .directory: try addDirectory(entry, parent)
        case .file:
            try limits.check("file \(entry.name)", entry.size)
            try entry.attributes.check(entry.name)
            try set(
                entry.name, parent, entry.attributes,
                .file(size: entry.size, extents: member.extents))
        case .symbolicLink(let target):
            let target = target.dropLast().map(UInt8.init(bitPattern:))
            try set(entry.name, parent, bare, .symbolicLink(target: target))
        case .hardLink(let target): try link(entry.name, parent, to: target, bare)
        case .node(S_IFCHR, 0, 0):
            // What overlay takes for a whiteout is one.
            hasWhiteouts = true
            try set(entry.name, parent, bare, .whiteout)
        case .node(let mode, let major, let minor):
            try set(entry.name, parent, bare, .node(mode: mode, major: major, minor: minor))
        }
    }

    /// Takes the place of an earlier entry, whatever it is.
    private mutating func set(
        _ name: EntryName, _ parent: Int, _ attributes: Attributes, _ kind: FileTree.Kind
    ) throws {
        let new = try tree.make(attributes, kind)
        try tree.setChild(name.lastPart, of: parent, to: new)
    }

    private mutating func directory(of name: EntryName) throws -> Int {
        if let parent, name.isInside(parent.name) { return parent.directory }
        let found = try tree.openDirectory(name.parent, root: root)
        parent = (name.parent, found)
        return found
    }

    private mutating func addDirectory(_ entry: TarEntry, _ parent: Int) throws {
        let leaf = entry.name.lastPart
        let there = tree.child(leaf, of: parent)
        if let there, tree.isDirectory(there) { return try describe(there, entry) }
        let new = try tree.makeDirectory()
        // `.wh.NAME` before `NAME/`: through a new directory nothing below may show.
        if let there, case .whiteout = tree[there].kind { tree[new].isOpaque = true }
        try tree.setChild(leaf, of: parent, to: new)
        try describe(new, entry)
    }

    /// Extended attributes of earlier entries stay.
    private mutating func describe(_ directory: Int, _ entry: TarEntry) throws {
        try entry.attributes.check(entry.name)
        var attributes = entry.attributes
        let names = Set(attributes.extended.map(\.name.bytes))
        attributes.extended += tree[directory].attributes.extended.filter {
            !names.contains($0.name.bytes)
        }
        tree[directory].attributes = attributes
        tree[directory].isImplicit = false
    }
}

// Whiteouts.
extension LayerTree {
    private mutating func add(_ whiteout: Whiteout, _ name: EntryName) throws {
        switch whiteout {
        case .bookkeeping: break
        case .opaque:
            hasWhiteouts = true
            let directory = try directory(of: name)
            tree[directory].isOpaque = true
        case .of(let leaf): try hide(leaf, name)
        }
    }

    /// What this layer itself has under the name stays, and is then all that shows.
    private mutating func hide(_ leaf: [CChar], _ name: EntryName) throws {
        guard leaf.count > 1, leaf != [46, 0], leaf != [46, 46, 0] else {
            throw GantryError(.invalidArgument, "\(name) is not the name of a whiteout")
        }
        hasWhiteouts = true
        let directory = try directory(of: name)
        let part = leaf.dropLast().map(UInt8.init(bitPattern:))
        if let there = tree.child(part, of: directory) {
            if tree.isDirectory(there) { tree[there].isOpaque = true }
            return
        }
        try tree.setChild(part, of: directory, to: try tree.make(.plainDirectory, .whiteout))
    }
}

// Hard links.
extension LayerTree {
    /// A hard link's target is a path from the layer's root, which may run through its links.
    private mutating func link(
        _ name: EntryName, _ parent: Int, to target: EntryName, _ attributes: Attributes
    ) throws {
        if name == target { return }
        guard let there = existing(target) else {
            return try linkBelow(name, parent, target, attributes)
        }
        guard !tree.isDirectory(there) else {
            throw GantryError(.invalidArgument, "\(name): a hard link to the directory \(target)")
        }
        try tree.setChild(name.lastPart, of: parent, to: there)
    }

    private func existing(_ target: EntryName) -> Int? {
        guard let there = tree.find(target, root: root) else { return nil }
        if case .whiteout = tree[there].kind { return nil }
        return there
    }

    private mutating func linkBelow(
        _ name: EntryName, _ parent: Int, _ target: EntryName, _ attributes: Attributes
    ) throws {
        hasLinksBelow = true
        // Two links to one file are links to one copy of it.
        let link: Int
        if let first = linksBelow[target] {
            link = first
        } else {
            link = try tree.make(attributes, .linkBelow(target: target))
            linksBelow[target] = link
        }
        try tree.setChild(name.lastPart, of: parent, to: link)
    }
}

extension Attributes {
    /// What the kernel would refuse to set (setxattr(2), capabilities(7)): no file has it.
    func check(_ name: EntryName) throws(GantryError) {
        for attribute in extended {
            let key = attribute.name.bytes.dropLast().map(UInt8.init(bitPattern:))
            let isCapability = key == Array("security.capability".utf8)
            guard key.count > "user.".utf8.count, key.count <= 255,
                !isCapability || Self.isCapability(attribute.value)
            else {
                throw GantryError(
                    .invalidArgument, "\(name): no file has \(attribute.name) of this value")
            }
        }
    }

    /// Revision 2, or 3 with the ID of a root user.
    private static func isCapability(_ value: [UInt8]) -> Bool {
        value.count == 20 && value[3] == 2 || value.count == 24 && value[3] == 3
    }
}
