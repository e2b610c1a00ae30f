internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import System
internal import Text

/// The layers on disk: `ROOT/layers/HEX/diff`, one for each chain ID, read-only once it is there.
///
/// A layer appears whole or not at all: it is unpacked in `ROOT/staging`, synced, and renamed.
public final class Layers: Sendable {
    private struct State {
        var known: [String: LayerInfo] = [:]
        var holds: [String: Int] = [:]
    }

    private let root: String
    private let state = Mutex(State())

    private var directory: String { "\(root)/layers" }
    private var stagingDirectory: String { "\(root)/staging" }
    private var damagedDirectory: String { "\(root)/damaged" }

    /// Creates the directories and reads what is there.
    public init(root: String) throws {
        self.root = root
        try Files.makeDirectories(directory, mode: 0o700)
        try Files.makeDirectories(stagingDirectory, mode: 0o700)
        try Files.makeDirectories(damagedDirectory, mode: 0o700)
        for hex in try Files.list(directory) {
            guard let info = LayerInfo(layer: "\(directory)/\(hex)") else { continue }
            state.withLock { $0.known["sha256:\(hex)"] = info }
        }
    }

    /// Where a layer's files are: a `lowerdir` for overlay.
    public func path(of chain: String) -> String {
        "\(home(of: chain))/diff"
    }

    private func home(of chain: String) -> String {
        "\(directory)/\(chain.cut(at: ":")?.tail ?? "")"
    }

    /// Whether a layer is here. One that somebody has removed from the disk is known no more.
    public func contains(_ chain: String) -> Bool {
        if info(chain) == nil { return false }
        if Files.exists(path(of: chain)) { return true }
        state.withLock { _ = $0.known.removeValue(forKey: chain) }
        return false
    }

    func info(_ chain: String) -> LayerInfo? {
        state.withLock { $0.known[chain] }
    }

    /// What all layers take on disk: bytes and inodes, from memory.
    public func usage() -> (bytes: UInt64, inodes: UInt64) {
        state.withLock { state in
            state.known.values.reduce((0, 0)) { ($0.0.plus($1.bytes), $0.1.plus($1.inodes)) }
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
            guard state.known.removeValue(forKey: chain) != nil else { return true }
            try renameLayer(home(of: chain), to: aside)
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
            state.withLock { _ = $0.known.removeValue(forKey: "sha256:\(hex)") }
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

    func stage() throws -> StagedLayer {
        try StagedLayer(in: stagingDirectory)
    }

    /// A file without a name: it goes when it is closed, also by the death of this process. Blocks.
    func namelessFile() throws -> Descriptor {
        let path = "\(stagingDirectory)/\(StagedLayer.freshName())"
        let file = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
        try Files.remove(path)
        return file
    }

    /// Puts unpacked layers in place, the lowest first: all of them are on the disk when it returns.
    /// Blocks: call it off the concurrency pool.
    func commit(_ staged: [StagedLayer]) throws {
        for layer in staged { try layer.writeInfo() }
        try syncFileSystem(of: stagingDirectory)
        failpoint("PullImage/layers synced")
        for layer in staged {
            guard let chain = layer.chain, let info = layer.info else { continue }
            try state.withLock { state in
                // Another pull was first, with the same content.
                if state.known[chain] != nil { return }
                // A directory that is there and not known is damaged.
                let target = home(of: chain)
                let hex = Path.lastComponent(of: target)
                let broken = "\(damagedDirectory)/\(hex).\(StagedLayer.freshName())"
                if Files.exists(target) { try renameLayer(target, to: broken) }
                try renameLayer(layer.home, to: target)
                failpoint("PullImage/layer committed")
                state.known[chain] = info
            }
        }
        try syncFileSystem(of: directory)
    }
}
