internal import ImageTree
internal import Model

/// What is kept of a layer until its last entry has come, so that no layer is worth much memory: the
/// names of directories and of links whose turn comes at the end.
final class KeptNames {
    /// What a name costs besides its bytes.
    private static let each = 128
    private var bytes = 0
    private let most: Int

    init(most: Int) {
        self.most = most
    }

    func add(_ name: EntryName) throws(GantryError) {
        bytes += name.bytes.count + Self.each
        guard bytes <= most else {
            throw GantryError(
                .resourceExhausted,
                "the names of the layer's directories take more than \(most) bytes of memory")
        }
    }
}
