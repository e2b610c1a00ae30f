internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import System
internal import Text

/// The layers on disk: `ROOT/layers/HEX`, one for each chain ID, with files in `diff` or a tar in `tar`,
/// or both; read-only once it is there.
///
/// A layer appears whole or not at all: it is made in `ROOT/staging`, synced, and renamed.
public final class Layers: Sendable {
    private struct State {
        var known: KnownLayers
        var holds: [String: Int] = [:]
    }

    private let root: String
    private let state: Mutex<State>

    private var directory: String { "\(root)/layers" }
    private var stagingDirectory: String { "\(root)/staging" }
    private var damagedDirectory: String { "\(root)/damaged" }

    /// What pulls make of a layer.
    public let formats: LayerFormats

    /// Creates the directories and reads what is there.
    public init(root: String, formats: LayerFormats = .trees) throws {
        self.root = root
        self.formats = formats
        for name in ["layers", "staging", "damaged"] {
            try Files.makeDirectories("\(root)/\(name)", mode: 0o700)
        }
        state = Mutex(State(known: try KnownLayers(formats, in: "\(root)/layers")))
    }

    /// Where a layer's files are: a `lowerdir` for overlay.
    public func path(of chain: String) -> String {
        "\(home(of: chain))/diff"
    }

    func home(of chain: String) -> String {
        "\(directory)/\(chain.cut(at: ":")?.tail ?? "")"
    }

    /// Whether a layer is here in one format. One that somebody has removed from the disk is known no
    /// more.
    public func contains(_ chain: String, as format: LayerFormat = .tree) -> Bool {
        known(chain, format)
    }

    /// What an image can be mounted from; nil when it cannot be.
    /// - Parameter chains: of its layers, the lowest first.
    func format(of chains: [String]) -> LayerFormat? {
        look(at: chains)
        return state.withLock { $0.known.format(of: chains) }
    }

    /// What an image lacks; nil when it can be mounted.
    /// - Parameter chains: of its layers, the lowest first.
    public func missing(_ chains: [String]) -> String? {
        look(at: chains)
        return state.withLock { $0.known.missing(chains) }
    }

    private func look(at chains: [String]) {
        for chain in chains {
            for format in LayerFormat.allCases { _ = known(chain, format) }
        }
        if let top = chains.last, forms(top).index != nil,
            !Files.exists("\(home(of: top))/\(IndexInfo.name)")
        {
            state.withLock { $0.known[top].index = nil }
        }
    }

    private func known(_ chain: String, _ format: LayerFormat) -> Bool {
        guard state.withLock({ $0.known.has(chain, as: format) }) else { return false }
        switch format {
        case .tree:
            if Files.exists(path(of: chain)) { return true }
            state.withLock { $0.known[chain].tree = nil }
        case .erofs:
            if Files.exists(tar(of: chain)) { return true }
            state.withLock { $0.known[chain].tar = nil }
        }
        return false
    }

    func forms(_ chain: String) -> LayerForms {
        state.withLock { $0.known[chain] }
    }

    /// What all layers take on disk: bytes and inodes, from memory.
    public func usage() -> (bytes: UInt64, inodes: UInt64) {
        state.withLock { state in
            state.known.forms.values.reduce((0, 0)) { ($0.0.plus($1.bytes), $0.1.plus($1.inodes)) }
        }
    }

    /// Removes a layer, unless it is held by a pull or an image that is not stored yet; then it stays
    /// until the next `sweep`.
    /// - Returns: whether it is gone.
    @discardableResult
    public func remove(_ chain: String) async throws -> Bool {
        let aside = "\(stagingDirectory)/\(StagedLayer.freshName())"
        // In one step with the check, so that no pull finds a layer that is about to go.
        let renamed = try state.withLock { state in
            guard state.holds[chain, default: 0] == 0 else { return false }
            if state.known[chain].isEmpty { return true }
            try renameLayer(home(of: chain), to: aside)
            state.known[chain] = LayerForms()
            return true
        }
        failpoint("RemoveImage/layer set aside")
        if renamed { try await Trees.remove(aside) }
        return renamed
    }

    /// Removes every layer but these and all that killed pulls left behind. Call it when nothing is
    /// being pulled: at the daemon's start.
    public func sweep(keeping kept: Set<String>) async throws {
        let staging = stagingDirectory
        for name in try Files.list(staging) { try await Trees.remove("\(staging)/\(name)") }
        for hex in try Files.list(directory) where !kept.contains("sha256:\(hex)") {
            state.withLock { $0.known["sha256:\(hex)"] = LayerForms() }
            try await Trees.remove("\(directory)/\(hex)")
        }
    }

    /// Removes the damaged layers that pulled ones have replaced, but those that containers still
    /// stand on: what is left of them is all that these have.
    public func removeDamaged(butOf used: Set<String>) async throws {
        for name in try Files.list(damagedDirectory) {
            let hex = name.head(before: ".")
            if !used.contains("sha256:\(hex)") {
                try await Trees.remove("\(damagedDirectory)/\(name)")
            }
        }
    }

    /// Holds layers, there or still to come, until the result goes.
    public func hold(_ chains: [String]) -> LayerHold {
        state.withLock { state in
            for chain in chains { state.holds[chain, default: 0] += 1 }
        }
        return LayerHold { [weak self] in self?.release(chains) }
    }

    private func release(_ chains: [String]) {
        state.withLock { state in
            for chain in chains {
                let left = state.holds[chain, default: 1] - 1
                state.holds[chain] = left == 0 ? nil : left
            }
        }
    }

    func stage(as format: LayerFormat) throws -> StagedLayer {
        try StagedLayer(in: stagingDirectory, as: format)
    }

    /// An empty directory for an index.
    func stageIndex() throws -> String {
        let home = "\(stagingDirectory)/\(StagedLayer.freshName())"
        try Files.makeDirectories(home)
        return home
    }

    /// A file without a name: it goes when it is closed, also by the death of this process. Blocks.
    func namelessFile() throws -> Descriptor {
        let path = "\(stagingDirectory)/\(StagedLayer.freshName())"
        let file = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
        try Files.remove(path)
        return file
    }

    /// Puts layers in place, the lowest first: all of them are on the disk when it returns. Blocks: call it
    /// off the concurrency pool.
    /// - Parameter staged: an index behind the tar of its layer.
    func commit(_ staged: [StagedForms]) throws {
        try syncFileSystem(of: stagingDirectory)
        failpoint("PullImage/layers synced")
        for new in staged {
            try state.withLock { state in
                let place = LayerPlacement(new, to: home(of: new.chain), damagedDirectory)
                state.known[new.chain] = try place.run(beside: state.known[new.chain])
            }
        }
        try syncFileSystem(of: directory)
    }

    /// Removes what of layers is there in the format that is not preferred, and needed by nobody.
    /// - Parameters:
    ///   - images: the layers of each, the lowest first.
    ///   - used: layers that containers stand on, in whichever format.
    public func removeSecondForms(images: [[String]], used: Set<String>) async throws {
        let aside = try state.withLock { state in
            let other: LayerFormat = formats.preferred == .tree ? .erofs : .tree
            let both = state.known.forms.filter { $0.value.tree != nil && $0.value.tar != nil }
            if both.isEmpty { return [String]() }
            let needed = images.filter { state.known.format(of: $0) != formats.preferred }
                .reduce(used) { $0.union($1) }
            return try both.keys.filter {
                !needed.contains($0) && state.holds[$0, default: 0] == 0
            }.flatMap { try setAside(other, of: $0, &state) }
        }
        for path in aside { try await Trees.remove(path) }
    }

    private func setAside(
        _ format: LayerFormat, of chain: String, _ state: inout State
    ) throws -> [String] {
        let names =
            format == .tree
            ? ["diff", "info.json"] : ["index", "index.json", "tar", "tar.json"]
        var aside: [String] = []
        for name in names where Files.exists("\(home(of: chain))/\(name)") {
            let target = "\(stagingDirectory)/\(StagedLayer.freshName())"
            try renameLayer("\(home(of: chain))/\(name)", to: target)
            aside.append(target)
        }
        switch format {
        case .tree: state.known[chain].tree = nil
        case .erofs: (state.known[chain].tar, state.known[chain].index) = (nil, nil)
        }
        return aside
    }
}
