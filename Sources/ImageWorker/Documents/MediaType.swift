internal import Text

/// The media types of the OCI image-spec (media-types.md) and Docker's for the same things.
enum MediaType {
    static let indexes = [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ]

    static let manifests = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]

    static let configs = [
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    ]

    /// Whether a manifest of type `manifest` with such a configuration is a container image. Docker's
    /// manifests are of nothing else, and registries and old tools give its configuration these types.
    static func isConfig(_ type: String, ofManifest manifest: String) -> Bool {
        if configs.contains(type) { return true }
        let vague = ["", "application/octet-stream", "application/json", "text/html", "text/plain"]
        return manifest == manifests[1] && vague.contains(String(type.head(before: ";")))
    }

    /// The document `{}`, which says nothing (image-spec, manifest.md).
    static let empty = "application/vnd.oci.empty.v1+json"

    /// The compression is found in the content; the type only has to be a layer's.
    static let layers = [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]

    /// Docker's schema 1, which is obsolete and whose layers have no digests of their own.
    static func isSchema1(_ type: String) -> Bool {
        type.begins(with: "application/vnd.docker.distribution.manifest.v1+")
    }

    /// Layers that a registry does not hold, but somebody's web server.
    static func isForeign(_ type: String) -> Bool {
        type.has(text: ".nondistributable.") || type.has(text: ".rootfs.foreign.")
    }
}
