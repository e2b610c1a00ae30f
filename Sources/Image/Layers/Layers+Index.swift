internal import Kernel

/// Layers that are kept as the tars they came as: `ROOT/layers/HEX/tar`, and `index` beside that of the
/// uppermost one. A chain ID stands for a layer and all below it, and so for the image's index.
extension Layers {
    /// - Parameter chains: the lowest first.
    /// - Returns: what the image is mounted from; nil where its layers are unpacked.
    func indexed(_ chains: [String]) -> (index: String, tars: [String])? {
        guard let top = chains.last else { return nil }
        let index = "\(directory(of: top))/index"
        guard Files.exists(index) else { return nil }
        return (index, chains.map { "\(directory(of: $0))/tar" })
    }

    private func directory(of chain: String) -> String { Path.parent(of: path(of: chain)) }
}
