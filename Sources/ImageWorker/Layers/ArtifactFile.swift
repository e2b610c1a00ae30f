internal import Archive
internal import Model
internal import Text

/// What becomes of an artifact's layer.
enum ArtifactFile {
    private static let title = "org.opencontainers.image.title"
    /// ORAS's mark on a tar that stands for a directory.
    private static let unpack = "io.deis.oras.content.unpack"

    /// A tar is unpacked. Any other is a file of its title's name (image-spec, annotations.md), or its
    /// digest's. So is a tar with a title: ORAS calls every file a tar whose type it is not told, and
    /// marks those that are to be unpacked.
    /// - Throws: `GantryError` (`invalidArgument`) for a title that is no path below a directory.
    static func form(of layer: Content) throws(GantryError) -> LayerPart.Form {
        let title = layer.annotations[Self.title]
        let isUnpacked = title == nil || layer.annotations[unpack] == "true"
        if MediaType.layers.contains(layer.mediaType), isUnpacked { return .tar }
        guard let title else { return .file(layer.digest.hex) }
        let components = title.split(at: "/", omittingEmptySubsequences: false)
        guard components.allSatisfy(isName), title.utf8.count < 4096 else {
            throw GantryError(
                .invalidArgument, "layer \(layer.digest): the title \"\(title)\" is no file's name")
        }
        return .file(title)
    }

    private static func isName(_ component: Substring) -> Bool {
        let bytes = component.utf8
        return !["", ".", ".."].contains(component) && bytes.count < 256 && !bytes.contains(0)
    }
}
