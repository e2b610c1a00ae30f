import Archive
import Foundation
import Model

/// An image in memory, as a registry would serve it.
struct FakeImage: Sendable {
    var manifest: [UInt8]
    var manifestType = "application/vnd.oci.image.manifest.v1+json"
    let config: [UInt8]
    let layer: [UInt8]

    var layerDigest: String { Digest(of: layer).description }
    var configDigest: String { Digest(of: config).description }

    /// One layer, a plain tar with one file of `size` bytes.
    init(
        size: Int = 100, diffID: String? = nil, configType: String? = nil, layerType: String? = nil
    ) {
        layer = Self.tar(size)
        let diff = diffID ?? Digest(of: layer).description
        config = Array(
            """
            {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["\(diff)"]},
             "config": {"User": "1000", "Env": ["A=b"], "Entrypoint": null, "Cmd": ["sh"],
              "Volumes": {"/data": {}}, "Labels": {"k": "v"}, "StopSignal": "SIGINT"}}
            """.utf8)
        let types = (
            configType ?? "application/vnd.oci.image.config.v1+json",
            layerType ?? "application/vnd.oci.image.layer.v1.tar"
        )
        manifest = Array(
            """
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
             "config": {"mediaType": "\(types.0)", "digest": "\(Digest(of: config))", "size": \(config.count)},
             "layers": [{"mediaType": "\(types.1)", "digest": "\(Digest(of: layer))", "size": \(layer.count)}]}
            """.utf8)
    }

    private static func tar(_ size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ start: Int) {
            header.replaceSubrange(start..<(start + text.utf8.count), with: Array(text.utf8))
        }
        put("file", 0)
        put("0000644", 100)
        let octal = String(size, radix: 8)
        put(String(repeating: "0", count: 11 - octal.count) + octal, 124)
        put("        ", 148)
        put("0", 156)
        put("ustar\u{0}00", 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0}", 148)
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let padding = [UInt8](repeating: 0, count: (512 - size % 512) % 512 + 1024)
        return header + content + padding
    }

    /// Answers the paths of the repository `app`, tag `1`; nil for others.
    func answer(_ path: String) -> HTTPServer.Response? {
        let name = path.replacingOccurrences(of: "/v2/app/", with: "")
        let digest = Digest(of: manifest).description
        return switch name {
        case "manifests/1", "manifests/\(digest)":
            .init(headers: ["Content-Type": manifestType], body: manifest)
        case "blobs/\(configDigest)": .init(body: config)
        case "blobs/\(layerDigest)": .init(body: layer)
        default: nil
        }
    }

    func server(
        _ change: @escaping @Sendable (HTTPServer.Request) -> HTTPServer.Response? = { _ in nil }
    ) -> HTTPServer {
        HTTPServer { request in
            change(request) ?? answer(request.path) ?? HTTPServer.Response(status: 404)
        }
    }
}
