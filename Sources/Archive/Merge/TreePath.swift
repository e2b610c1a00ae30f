internal import ImageTree
internal import Model

/// A path on its way through a tree, as openat2(2) takes it with RESOLVE_IN_ROOT: symbolic links and
/// `..` end at the root.
struct TreePath {
    /// From the root to where the path has come.
    private(set) var directories: [Int]
    /// What is still to come, the next one last.
    private var rest: [FileTree.Name]
    private var links = 0

    init(_ name: EntryName, root: Int) {
        directories = [root]
        rest = name.parts.reversed()
    }

    /// Where the path has come.
    var directory: Int { directories[directories.count - 1] }

    /// The next component that is a name.
    mutating func next() -> FileTree.Name? {
        while let part = rest.popLast() {
            if part != [46, 46] { return part }
            if directories.count > 1 { directories.removeLast() }
        }
        return nil
    }

    mutating func enter(_ directory: Int) { directories.append(directory) }

    /// - Throws: `GantryError` (`invalidArgument`) for more links than the kernel follows.
    mutating func follow(_ target: [UInt8]) throws(GantryError) {
        links += 1
        guard links <= UnpackedLayer.mostLinks else {
            throw GantryError(.invalidArgument, "too many symbolic links")
        }
        if target.first == UInt8(ascii: "/") { directories.removeLast(directories.count - 1) }
        rest += target.split(separator: UInt8(ascii: "/")).lazy.map(Array.init).reversed().filter {
            $0 != [46]
        }
    }
}

extension EntryName {
    /// The components, which end in nothing.
    var parts: [FileTree.Name] {
        components.map { $0.dropLast().map(UInt8.init(bitPattern:)) }
    }

    var lastPart: FileTree.Name { leaf.dropLast().map(UInt8.init(bitPattern:)) }

    init(parts: some Sequence<FileTree.Name>) {
        self.init(parts.joined(separator: [47]).map(CChar.init(bitPattern:)))
    }
}

extension FileTree {
    /// The directory of that name; those that are not there are made.
    /// - Parameter root: of the layer's own tree.
    /// - Throws: `GantryError` (`invalidArgument`) where something else is in the way.
    mutating func openDirectory(_ name: EntryName, root: Int) throws(GantryError) -> Int {
        var path = TreePath(name, root: root)
        while let part = path.next() {
            guard let child = child(part, of: path.directory) else {
                path.enter(try makeImplicit(part, in: path.directory))
                continue
            }
            switch self[child].kind {
            case .directory: path.enter(child)
            case .symbolicLink(let target):
                do { try path.follow(target) } catch {
                    throw GantryError("\(name)", from: error)
                }
            case .whiteout:
                // `.wh.NAME` came before `NAME/…`: the directory is new.
                let new = try makeImplicit(part, in: path.directory)
                self[new].isOpaque = true
                path.enter(new)
            case .file, .node, .linkBelow:
                throw GantryError(
                    .invalidArgument, "\(name) is not a directory, and has entries in it")
            }
        }
        return path.directory
    }

    private mutating func makeImplicit(
        _ name: Name, in directory: Int
    ) throws(GantryError) -> Int {
        let new = try makeDirectory()
        self[new].isImplicit = true
        try setChild(name, of: directory, to: new)
        return new
    }

    /// What is there under a name, whose last component is not followed.
    func find(_ name: EntryName, root: Int) -> Int? {
        if name.isRoot { return root }
        var path = TreePath(name.parent, root: root)
        while let part = path.next() {
            guard let child = child(part, of: path.directory) else { return nil }
            switch self[child].kind {
            case .directory: path.enter(child)
            case .symbolicLink(let target):
                guard (try? path.follow(target)) != nil else { return nil }
            default: return nil
            }
        }
        return child(name.lastPart, of: path.directory)
    }
}
