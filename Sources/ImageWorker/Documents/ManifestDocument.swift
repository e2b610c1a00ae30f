internal import Archive
internal import FoundationEssentials
internal import Model

/// A manifest or an index as it stands there, read as loosely as Go reads it: `null` is nothing given.
struct ManifestDocument: Decodable {
    var schemaVersion: Int?
    var mediaType: String?
    var artifactType: String?
    var manifests: [ContentDocument]?
    var config: ContentDocument?
    var layers: [ContentDocument]?
}

struct ContentDocument: Decodable {
    var mediaType: String?
    var digest: String
    var size: UInt64
    var platform: PlatformDocument?
    var annotations: [String: String?]?

    func checked() throws -> Content {
        Content(
            mediaType: mediaType ?? "", digest: try Digest(parsing: digest), size: size,
            platform: platform?.platform, annotations: (annotations ?? [:]).compactMapValues { $0 })
    }
}

/// A platform of which parts may be missing, or anything else: it spoils no index.
struct PlatformDocument: Decodable {
    let platform: Platform

    private enum CodingKeys: String, CodingKey {
        case architecture, os, variant
    }

    init(from decoder: any Decoder) {
        let fields = try? decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) -> String? { try? fields?.decode(String.self, forKey: key) }
        platform = Platform(
            architecture: text(.architecture) ?? "", os: text(.os) ?? "", variant: text(.variant))
    }
}
