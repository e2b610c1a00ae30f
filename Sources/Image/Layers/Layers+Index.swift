internal import Kernel

/// What an image whose layers are indexed is mounted from.
struct IndexedLayers: Sendable {
    /// `ROOT/layers/HEX/index` of the uppermost layer: a chain ID stands for a layer and all below it, and
    /// so for the index of all.
    let index: String
    /// `ROOT/layers/HEX/tar` of each, the lowest first.
    let tars: [String]
}

extension Layers {
    /// Where the tar of a layer is.
    func tar(of chain: String) -> String { "\(home(of: chain))/\(TarInfo.name)" }

    func indexed(_ chains: [String]) -> IndexedLayers? {
        guard let top = chains.last else { return nil }
        return IndexedLayers(
            index: "\(home(of: top))/\(IndexInfo.name)", tars: chains.map(tar(of:)))
    }
}
