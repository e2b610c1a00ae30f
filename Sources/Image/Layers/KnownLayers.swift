internal import Kernel
internal import System
internal import Text

/// The layers of a node by chain ID, and which images can be mounted from them.
struct KnownLayers: Sendable {
    let formats: LayerFormats
    private(set) var forms: [String: LayerForms] = [:]

    init(_ formats: LayerFormats) {
        self.formats = formats
    }

    /// Reads what is in `ROOT/layers`. Blocks.
    init(_ formats: LayerFormats, in directory: String) throws {
        self.init(formats)
        for hex in try Files.list(directory) {
            self["sha256:\(hex)"] = LayerForms(directory: "\(directory)/\(hex)")
        }
    }

    /// Empty where nothing is there.
    subscript(_ chain: String) -> LayerForms {
        get { forms[chain] ?? LayerForms() }
        set { forms[chain] = newValue.isEmpty ? nil : newValue }
    }

    /// Whether a layer is there in one format.
    func has(_ chain: String, as format: LayerFormat) -> Bool {
        switch format {
        case .tree: self[chain].tree != nil
        case .erofs: self[chain].tar != nil
        }
    }

    /// What an image can be mounted from: the preferred format where it is there.
    /// - Parameter chains: of its layers, the lowest first.
    func format(of chains: [String]) -> LayerFormat? {
        let found = LayerFormat.allCases.filter { isWhole(chains, as: $0) }
        return found.contains(formats.preferred) ? formats.preferred : found.first
    }

    private func isWhole(_ chains: [String], as format: LayerFormat) -> Bool {
        guard chains.allSatisfy({ has($0, as: format) }) else { return false }
        guard format == .erofs else { return true }
        // An image without layers has no index, and needs none.
        return formats.mountsIndexes && chains.last.map { self[$0].index != nil } ?? false
    }

    /// What an image lacks; nil when it can be mounted.
    func missing(_ chains: [String]) -> String? {
        if format(of: chains) != nil { return nil }
        let isIndexed = formats.mountsIndexes && chains.allSatisfy { has($0, as: .erofs) }
        if isIndexed { return "its index is missing or incomplete" }
        if let chain = chains.first(where: { self[$0].isEmpty }) {
            return "layer \(chain) is missing or incomplete"
        }
        return formats.mountsIndexes
            ? "its layers are there in different formats"
            : "its layers are indexed, which cannot be mounted: \(formats.reason ?? "")"
    }
}
