import Archive
import Foundation
import Model

/// An image of any number of layers, in a repository of its own.
struct LayeredImage: Sendable {
    let repository: String
    let layers: [[UInt8]]
    private let config: [UInt8]
    private let manifest: [UInt8]

    /// - Parameter layers: plain tars, the lowest first.
    init(_ repository: String, _ layers: [[UInt8]]) {
        self.repository = repository
        self.layers = layers
        let digests = layers.map { Digest(of: $0).description }
        let diffs = digests.map { "\"\($0)\"" }.joined(separator: ", ")
        config = Array(
            """
            {"architecture": "amd64", "os": "linux", "author": "\(repository)",
             "rootfs": {"type": "layers", "diff_ids": [\(diffs)]}}
            """.utf8)
        let type = "application/vnd.oci.image.layer.v1.tar"
        let contents = zip(layers, digests).map {
            "{\"mediaType\": \"\(type)\", \"digest\": \"\($1)\", \"size\": \($0.count)}"
        }
        manifest = Array(
            """
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
             "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                        "digest": "\(Digest(of: config))", "size": \(config.count)},
             "layers": [\(contents.joined(separator: ", "))]}
            """.utf8)
    }

    /// Where the registry has a layer, by its place from the lowest.
    func path(_ layer: Int) -> String {
        "/v2/\(repository)/blobs/\(Digest(of: layers[layer]))"
    }

    /// Answers the paths of the repository, tag `1`; nil for others.
    func answer(_ path: String) -> HTTPServer.Response? {
        guard path.hasPrefix("/v2/\(repository)/") else { return nil }
        if path.hasSuffix("/manifests/1") { return .init(body: manifest) }
        return (layers + [config]).first { path.hasSuffix("/blobs/\(Digest(of: $0))") }
            .map { .init(body: $0) }
    }
}
