internal import ImageTree
internal import Model

/// Fits a layer's directories into the layers below; see `UnpackedLayer.fit`.
extension LayerTree {
    /// An implicit directory under a name that is a symbolic link below.
    private struct Move {
        let parent: Int
        let name: FileTree.Name
        let target: EntryName
    }

    /// - Parameter base: the root of what the layers below have come to.
    mutating func fit(onto base: Int, _ isCancelled: () -> Bool) throws {
        for _ in 0...UnpackedLayer.mostLinks {
            let moves = try describeImplicit(base, isCancelled)
            if moves.isEmpty { return }
            for move in moves { try perform(move) }
        }
        throw GantryError(.invalidArgument, "too many symbolic links in the image")
    }

    /// Gives directories that the layer has no entry for what they have below.
    /// - Returns: those that would hide a symbolic link.
    private mutating func describeImplicit(
        _ base: Int, _ isCancelled: () -> Bool
    ) throws -> [Move] {
        var moves: [Move] = []
        var walk = Walk(root: root, base: tree[root].isOpaque ? nil : base)
        describe(root, asIn: base)
        while let step = walk.next() {
            if isCancelled() { throw CancellationError() }
            for (name, child) in tree.children(step.own) where tree.isDirectory(child) {
                let below = step.below.flatMap { tree.child(name, of: $0) }
                if let below, tree[child].isImplicit,
                    case .symbolicLink(let target) = tree[below].kind
                {
                    let own = walk.name(of: step).appending(name.map(CChar.init(bitPattern:)))
                    let actual = own.resolving(target.map(CChar.init(bitPattern:))[...])
                    guard !actual.isAt(orBelow: own) else {
                        throw GantryError(
                            .invalidArgument, "\(own): a symbolic link to itself in the image")
                    }
                    moves.append(Move(parent: step.own, name: name, target: actual))
                    continue
                }
                let directory = below.flatMap { tree.isDirectory($0) ? $0 : nil }
                describe(child, asIn: directory)
                walk.enter(
                    child, name, below: tree[child].isOpaque ? nil : directory, from: step)
            }
        }
        return moves
    }

    private mutating func describe(_ directory: Int, asIn below: Int?) {
        guard tree[directory].isImplicit else { return }
        tree[directory].attributes = below.map { tree[$0].attributes } ?? .plainDirectory
    }

    /// Directories on both sides become one; of anything else the one that moves stays.
    private mutating func perform(_ move: Move) throws {
        guard let moved = tree.child(move.name, of: move.parent) else { return }
        try tree.setChild(move.name, of: move.parent, to: nil)
        var pairs = [(moved, try tree.openDirectory(move.target, root: root))]
        while let (source, target) = pairs.popLast() {
            if tree[source].isOpaque { tree[target].isOpaque = true }
            for (name, child) in tree.children(source) {
                if let there = tree.child(name, of: target), tree.isDirectory(there),
                    tree.isDirectory(child)
                {
                    pairs.append((child, there))
                } else {
                    try tree.setChild(name, of: target, to: child)
                }
            }
            tree.removeChildren(of: source)
        }
    }
}

/// The directories of a layer beside those below, with names that are made only when they are asked for.
private struct Walk {
    struct Step {
        let own: Int
        let below: Int?
        fileprivate let place: Int
    }

    private var steps: [Step]
    private var names: [(name: FileTree.Name, above: Int)] = [([], -1)]

    init(root: Int, base: Int?) {
        steps = [Step(own: root, below: base, place: 0)]
    }

    mutating func next() -> Step? { steps.popLast() }

    mutating func enter(_ own: Int, _ name: FileTree.Name, below: Int?, from step: Step) {
        names.append((name, step.place))
        steps.append(Step(own: own, below: below, place: names.count - 1))
    }

    func name(of step: Step) -> EntryName {
        var parts: [FileTree.Name] = []
        var place = step.place
        while place > 0 {
            parts.append(names[place].name)
            place = names[place].above
        }
        return EntryName(parts: parts.reversed())
    }
}
