internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// Makes the index of an image whose layers are tars, in place or staged.
struct LayerIndexing: Sendable {
    let image: ImageDescription
    let staged: [String: StagedLayer]
    let layers: Layers
    let worker: ImageWorker

    private var chains: [String] { image.layers.map(\.chain) }

    /// - Parameter directory: empty.
    /// - Returns: what is to be put in place: the new tars, the lowest first, and the index, where there is
    ///   none yet.
    func run(in directory: String) async throws -> [StagedForms] {
        var new = chains.compactMap { staged[$0]?.staged }
        guard let top = chains.last, layers.forms(top).index == nil else { return new }
        for chain in chains { try await worker.know(chain, tar: try await tar(chain)) }
        var forms = LayerForms()
        forms.index = try await index(in: directory)
        new.append(StagedForms(chain: top, home: directory, forms: forms))
        return new
    }

    /// Another pull puts the tars that it has fetched in place meanwhile.
    private func tar(_ chain: String) async throws -> OpenFile {
        try await Blocking.run { [layers, staged] in
            let flags = O_RDONLY | GANTRY_O_NOFOLLOW
            if let layer = staged[chain], let found = try? Files.open(layer.tar, flags) {
                return OpenFile(found)
            }
            return OpenFile(try Files.open(layers.tar(of: chain), flags))
        }
    }

    private func index(in directory: String) async throws -> IndexInfo {
        let path = "\(directory)/\(IndexInfo.name)"
        let file = try await Blocking.run {
            OpenFile(try Files.open(path, O_RDWR | O_CREAT | O_EXCL))
        }
        let written = try await worker.index(chains, in: file)
        return IndexInfo(
            digest: written.digest.description, size: written.size, files: written.files)
    }
}
