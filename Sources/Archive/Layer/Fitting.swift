internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model

/// Fits one layer's directories into the layers below; see `UnpackedLayer.fit`.
struct Fitting {
    private let own: LayerView
    private let layers: [LayerView]
    private let parents: Parents
    private let attributes: AttributeWriter
    private let merge: MovedTree

    init(
        _ directory: String, _ privileges: Privileges, onto layers: [LayerView],
        _ contents: ContentSum, _ limits: LayerLimits
    ) throws {
        own = try LayerView(LayerPlace(directory), privileges, changes: true)
        self.layers = layers
        attributes = AttributeWriter(privileges: privileges)
        parents = try Parents(directory, attributes, KeptNames(most: limits.names))
        merge = MovedTree(parents: parents, contents: contents)
        // The layer's root is among the names already.
        _ = parents.takeImplicit()
    }

    /// Fits each of the names.
    /// - Returns: the names that are to be fitted next, since something moved there.
    func fit(_ names: Set<EntryName>, _ isCancelled: () -> Bool) throws -> Set<EntryName> {
        let sorted = names.sorted(by: EntryName.comesFirst)
        var next: Set<EntryName> = []
        var index = 0
        while index < sorted.count {
            if isCancelled() { throw CancellationError() }
            let name = sorted[index]
            switch try fit(name, isCancelled) {
            case .isFit: index += 1
            case .standsAt(let actual):
                next.insert(actual)
                index += 1
            case .moved(let actual):
                let below = sorted[index...].prefix { $0.isAt(orBelow: name) }
                next.formUnion(parents.takeImplicit())
                next.formUnion(below.map { $0.moved(from: name, to: actual) })
                index += below.count
            }
        }
        return next
    }

    private enum Outcome {
        case isFit
        /// A link of the layer itself leads there.
        case standsAt(EntryName)
        /// All that was in it.
        case moved(to: EntryName)
    }

    private func fit(_ name: EntryName, _ isCancelled: () -> Bool) throws -> Outcome {
        switch try own.look(for: name) {
        case .hidden: return .isFit
        case .absent: return .isFit
        case .link(let actual, let isLast): return isLast ? .isFit : .standsAt(actual)
        case .directory(let target, let isCut):
            // What is new in an opaque directory has nothing below it.
            if isCut { return try setDefaults(target.raw, name) }
            return try fit(name, target.raw, isCancelled)
        }
    }

    private func fit(
        _ name: EntryName, _ target: Int32, _ isCancelled: () -> Bool
    ) throws -> Outcome {
        for layer in layers {
            switch try layer.look(for: name) {
            case .directory(let source, _):
                try attributes.copy(from: source.raw, to: target, name)
                return .isFit
            case .link(let actual, let isLast):
                if !isLast { return try setDefaults(target, name) }
                try move(name, target, to: actual, isCancelled)
                return .moved(to: actual)
            case .hidden: return try setDefaults(target, name)
            case .absent: continue
            }
        }
        return try setDefaults(target, name)
    }

    /// What containers expect of a directory nobody described: root's, and 0755.
    private func setDefaults(_ target: Int32, _ name: EntryName) throws -> Outcome {
        try syscall("fchmod", name.description) { fchmod(target, 0o755) }
        return .isFit
    }

    private func move(
        _ name: EntryName, _ source: Int32, to actual: EntryName, _ isCancelled: () -> Bool
    ) throws {
        guard !actual.isAt(orBelow: name) else {
            throw GantryError(.invalidArgument, "\(name): a symbolic link to itself in the image")
        }
        if own.isOpaque(source) {
            try attributes.markOpaque(try parents.directory(of: actual.appending([120])), actual)
        }
        try merge.move(name, to: actual, isCancelled)
    }
}
