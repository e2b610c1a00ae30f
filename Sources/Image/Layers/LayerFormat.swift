/// How the layers of an image are kept on the disk.
public enum LayerFormat: String, Sendable, CaseIterable {
    /// Unpacked, file by file.
    case tree
    /// As the tars they came as, with one index (EROFS) for the image.
    case erofs
}
