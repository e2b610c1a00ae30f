internal import ImageTree
internal import Model

/// Makes hard links to files of the layers below into copies of those, which take no content of their
/// own; see `CopiesOfLinks`.
extension LayerTree {
    /// A name that is such a link.
    private struct Place {
        let directory: Int
        let name: FileTree.Name
        let link: Int
    }

    mutating func completeLinks(over base: Int) throws {
        var copies: [Int: Int] = [:]
        for place in linkPlaces() {
            let source = try source(of: place.link, over: base)
            if copies[source] == nil { copies[source] = try copy(source) }
            try tree.setChild(place.name, of: place.directory, to: copies[source])
        }
    }

    /// One that a later entry has replaced is nobody's any more.
    private func linkPlaces() -> [Place] {
        var places: [Place] = []
        var directories = [root]
        while let directory = directories.popLast() {
            for (name, child) in tree.children(directory) {
                switch tree[child].kind {
                case .directory: directories.append(child)
                case .linkBelow:
                    places.append(Place(directory: directory, name: name, link: child))
                default: break
                }
            }
        }
        return places
    }

    /// The file that a link leads to, maybe by other links of this kind.
    private func source(of link: Int, over base: Int) throws -> Int {
        var seen: Set<Int> = []
        var file = link
        while case .linkBelow(let target) = tree[file].kind {
            guard seen.insert(file).inserted, let next = find(target, over: base) else {
                throw GantryError(
                    .invalidArgument,
                    "a hard link to \(target), which the image does not have")
            }
            file = next
        }
        return file
    }

    private mutating func copy(_ source: Int) throws -> Int {
        let file = tree[source]
        guard !tree.isDirectory(source) else {
            throw GantryError(.invalidArgument, "a hard link to a directory")
        }
        return try tree.make(file.attributes, file.kind)
    }

    /// What is there under a name when this layer lies over the others.
    private func find(_ name: EntryName, over base: Int) -> Int? {
        if name.isRoot { return root }
        var path = TreePath(name.parent, root: 0)
        // What the numbers on the path stand for.
        var pairs: [Pair] = [Pair(own: root, below: base)]
        while let part = path.next() {
            guard let found = child(part, of: pairs[path.directory]) else { return nil }
            switch found {
            case .directory(let pair):
                pairs.append(pair)
                path.enter(pairs.count - 1)
            case .file(let file):
                guard case .symbolicLink(let target) = tree[file].kind,
                    (try? path.follow(target)) != nil
                else { return nil }
            }
        }
        switch child(name.lastPart, of: pairs[path.directory]) {
        case .file(let file): return file
        case .directory(let pair): return pair.own ?? pair.below
        case nil: return nil
        }
    }

    private struct Pair {
        let own: Int?
        let below: Int?
    }

    private enum Found {
        case directory(Pair)
        case file(Int)
    }

    private func child(_ name: FileTree.Name, of pair: Pair) -> Found? {
        let isOpaque = pair.own.map { tree[$0].isOpaque } ?? false
        let below = isOpaque ? nil : pair.below.flatMap { tree.child(name, of: $0) }
        guard let own = pair.own.flatMap({ tree.child(name, of: $0) }) else {
            guard let below else { return nil }
            return tree.isDirectory(below)
                ? .directory(Pair(own: nil, below: below)) : .file(below)
        }
        switch tree[own].kind {
        case .whiteout: return nil
        case .directory:
            let directory = below.flatMap { tree.isDirectory($0) ? $0 : nil }
            return .directory(Pair(own: own, below: directory))
        default: return .file(own)
        }
    }
}
