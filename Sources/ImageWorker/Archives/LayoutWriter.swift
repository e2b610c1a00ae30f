internal import Archive
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text

/// Writes an image as an OCI layout in a tar (image-spec, image-layout.md), with what docker wants beside it
/// (`manifest.json`), so that both read the file.
struct LayoutWriter {
    let image: NewManifest

    /// Blocks.
    /// - Parameter names: whole names with tags; may be none.
    /// - Throws: `dataLoss` for a tar that is not what its digest says; `SystemError`.
    func write(
        to file: borrowing Descriptor, names: [String], isCancelled: () -> Bool
    ) throws -> WrittenImage {
        var tar = TarWriter(to: file)
        try tar.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try tar.add("index.json", try index(names))
        try tar.add("manifest.json", try docker(names))
        try tar.add(Self.path(image.manifestDigest), image.manifest)
        try tar.add(Self.path(image.configDigest), image.config)
        var written: Set<Digest> = []
        for layer in image.layers where written.insert(layer.digest).inserted {
            let path = Self.path(layer.digest)
            try tar.add(path, layer.content, layer.digest, isCancelled: isCancelled)
        }
        _ = try tar.finish()
        return image.written
    }

    private static func path(_ digest: Digest) -> String {
        "blobs/\(digest.description.replacing(":", by: "/"))"
    }

    /// An entry for each name; one without any where there is none.
    private func index(_ names: [String]) throws -> [UInt8] {
        let size = UInt64(image.manifest.count)
        let entry = NewManifest.descriptor(NewManifest.mediaType, image.manifestDigest, size)
        let named = names.map { name -> JSONValue in
            guard case .object(var members) = entry else { return entry }
            let tag = name.cutLast(at: ":").map { String($0.tail) } ?? name
            members["annotations"] = .object([
                "io.containerd.image.name": .string(name),
                "org.opencontainers.image.ref.name": .string(tag),
            ])
            return .object(members)
        }
        return try NewManifest.encode(
            .object([
                "schemaVersion": .integer(2),
                "mediaType": .string("application/vnd.oci.image.index.v1+json"),
                "manifests": .array(named.isEmpty ? [entry] : named),
            ]))
    }

    private func docker(_ names: [String]) throws -> [UInt8] {
        try NewManifest.encode(
            .array([
                .object([
                    "Config": .string(Self.path(image.configDigest)),
                    "RepoTags": .array(names.map { .string($0) }),
                    "Layers": .array(image.layers.map { .string(Self.path($0.digest)) }),
                ])
            ]))
    }
}
