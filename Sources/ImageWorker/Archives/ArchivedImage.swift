internal import Archive
internal import ImageProtocol
internal import Model
internal import Text

/// An image in an archive, of which nothing but the name has been looked at.
struct ArchivedImage: Sendable {
    /// Its names here; one at least.
    var references: [Reference] = []
    /// What the archive calls it.
    var names: [ArchivedName]
    let content: ArchiveContent
    let documents: Documents

    enum Documents: Sendable {
        /// Descriptors of an OCI layout, of which this platform's counts.
        case layout([Content])
        /// Read already: docker's archives have no manifests.
        case docker(ImageResolver.Resolved)
    }

    func resolve(_ platform: Platform) async throws -> ImageResolver.Resolved {
        switch documents {
        case .docker(let resolved): resolved
        case .layout(let contents):
            try await ImageResolver(source: content, platform: platform).resolve(oneOf: contents)
        }
    }
}

/// What an archive calls an image: all of a name, or no more than a tag.
enum ArchivedName: Hashable, Sendable {
    case whole(Reference)
    case tag(String)

    /// - Throws: `GantryError` (`invalidArgument`) for what can be no name.
    init(_ text: String) throws(GantryError) {
        // image-spec, annotations.md: `ref.name` may be as short as `v1.0`, which is a tag.
        if !text.has(anyOf: "/:@"), ReferenceGrammar.isTag(text) {
            self = .tag(text)
        } else {
            self = .whole(try Reference.parse(text))
        }
    }
}
