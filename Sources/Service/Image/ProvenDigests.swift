internal import FoundationEssentials
internal import Image
internal import ImageProtocol
internal import Model

/// Which documents of a registry lead to an image: a manifest that names its configuration, and an index that
/// names such a manifest. Their digests are names of the image that nobody has to be believed for.
enum ProvenDigests {
    /// Of one image a store has few (image-spec: a manifest has at most 4 MiB).
    private static let (most, longest) = (16, 4 << 20)

    private struct Document: Decodable {
        struct Part: Decodable { let digest: String }

        let config: Part?
        let manifests: [Part]?
    }

    /// - Parameter id: the digest of the image's configuration.
    /// - Throws: `GantryError` (`invalidArgument`) for too much of it; documents that lead elsewhere are passed over.
    static func of(_ documents: [[UInt8]], to id: String) throws(GantryError) -> [String] {
        guard documents.count <= most, documents.allSatisfy({ $0.count <= longest }) else {
            throw GantryError(
                .invalidArgument, "the documents of an image are too many, or too long")
        }
        let read = documents.compactMap { bytes in
            (try? JSONDecoder().decode(Document.self, from: Data(bytes))).map {
                (digest: Digest.sha256(of: bytes).description, document: $0)
            }
        }
        let manifests = read.filter { $0.document.config?.digest == id }.map(\.digest)
        let indexes = read.filter { one in
            one.document.manifests?.contains { manifests.contains($0.digest) } ?? false
        }
        // The index comes first: it is what a tag names.
        return indexes.map(\.digest) + manifests
    }
}
