internal import Kernel
internal import Model
internal import System
internal import Text

/// The layers on disk as a look at them shows. Blocks the thread.
public struct LayerInspection: Sendable {
    /// By chain ID.
    public let sound: Set<String>
    /// What stands where a layer should and is none.
    public let broken: Set<String>
    /// What unfinished pulls have left, if none runs now.
    public let staged: [String]
    private let root: String
    private let known: KnownLayers

    public init(root: String, formats: LayerFormats) {
        self.root = root
        let names = (try? Files.list("\(root)/layers")) ?? []
        known = (try? KnownLayers(formats, in: "\(root)/layers")) ?? KnownLayers(formats)
        sound = Set(known.forms.keys)
        broken = Set(names.map { "sha256:\($0)" }).subtracting(sound)
        staged = (try? Files.list("\(root)/staging")) ?? []
    }

    /// What an image lacks; nil when it can be mounted.
    /// - Parameter chains: of its layers, the lowest first.
    public func missing(_ chains: [String]) -> String? { known.missing(chains) }

    /// What of a sound layer is not as it was pulled: every byte is read.
    /// - Returns: nil when all is, or when nothing was recorded of it.
    public func damage(of chain: String, by workers: ImageWorkers) async -> LayerDamage? {
        let forms = known[chain]
        if let tar = forms.tar, let reason = await damage(of: TarInfo.name, in: chain, tar.diffID) {
            return LayerDamage(part: .tar, reason: "its tar \(reason)")
        }
        if let index = forms.index,
            let reason = await damage(of: IndexInfo.name, in: chain, index.digest)
        {
            return LayerDamage(part: .index, reason: "the index of the image \(reason)")
        }
        guard let recorded = forms.tree?.contents else { return nil }
        return await treeDamage(chain, recorded, workers).map {
            LayerDamage(part: .tree, reason: $0)
        }
    }

    private func damage(
        of name: String, in chain: String, _ digest: String
    ) async -> String? {
        do {
            let path = "\(home(of: chain))/\(name)"
            let found = try await Blocking.run { try Digest.sha256(ofFile: path).description }
            return found == digest ? nil : "has the digest \(found) and not \(digest)"
        } catch {
            return "cannot be read: \(error)"
        }
    }

    private func treeDamage(
        _ chain: String, _ recorded: UInt64, _ workers: ImageWorkers
    ) async -> String? {
        do {
            let home = home(of: chain)
            let found = try await workers.lease { try await $0.measure("\(home)/diff") }
            return found == recorded ? nil : "its files are not what was unpacked"
        } catch {
            return "its files cannot be read: \(error)"
        }
    }

    /// The digest that is recorded of the index of an image.
    /// - Parameter chains: of its layers, the lowest first.
    /// - Returns: nil where it has none.
    public func indexDigest(_ chains: [String]) -> String? {
        chains.last.flatMap { known[$0].index?.digest }
    }

    /// Takes from a part of a layer what says that it is whole, so that it counts as missing from the
    /// daemon's next start.
    public func condemn(_ part: LayerDamage.Part, of chain: String) throws {
        try Files.remove("\(home(of: chain))/\(part.rawValue).json")
    }

    private func home(of chain: String) -> String {
        "\(root)/layers/\(chain.cut(at: ":")?.tail ?? "")"
    }
}

/// What is wrong with a layer on the disk.
public struct LayerDamage: Sendable, Hashable {
    /// By the name of the file that says that it is whole.
    public enum Part: String, Sendable {
        case tree = "info"
        case tar, index
    }

    public let part: Part
    public let reason: String
}
