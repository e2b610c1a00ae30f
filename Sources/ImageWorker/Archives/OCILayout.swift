internal import Archive
internal import FoundationEssentials
internal import Model
internal import Text

/// An OCI image layout (image-spec, image-layout.md).
struct OCILayout {
    let files: ArchiveFiles

    /// Nil when it is none.
    func images() throws -> [ArchivedImage]? {
        guard let index = try files.document("index.json") else { return nil }
        try checkVersion()
        let contents = try Self.contents(index)
        let groups = Self.merged(try Self.grouped(contents))
        let named = groups.filter { !$0.names.isEmpty }
        return (named.isEmpty ? groups : named).map { group in
            ArchivedImage(
                names: group.names, content: ArchiveContent(find: blob),
                documents: .layout(group.contents))
        }
    }

    private typealias Group = (names: [ArchivedName], contents: [Content])

    private func checkVersion() throws {
        guard let bytes = try files.document("oci-layout"),
            let version = (try? JSONValue(parsing: bytes))?["imageLayoutVersion"]?.string
        else { throw GantryError(.dataLoss, "there is no oci-layout file that says its version") }
        guard version.begins(with: "1.") else {
            throw GantryError(.unimplemented, "OCI layouts of version \(version) are not supported")
        }
    }

    private static func contents(_ index: [UInt8]) throws -> [Content] {
        guard case .index(let contents) = try Manifest(index, type: "") else {
            throw GantryError(.dataLoss, "index.json is no index")
        }
        guard !contents.isEmpty else {
            throw GantryError(.notFound, "the archive has no image: its index.json is empty")
        }
        return contents
    }

    /// Descriptors of one name are one image for several platforms, and so are all that have none.
    private static func grouped(_ contents: [Content]) throws -> [Group] {
        var order: [ArchivedName?] = []
        var groups: [ArchivedName?: [Content]] = [:]
        for content in contents {
            let name = try name(content)
            if groups[name] == nil { order.append(name) }
            groups[name, default: []].append(content)
        }
        return order.map { name in (name.map { [$0] } ?? [], groups[name] ?? []) }
    }

    /// One image may be listed under each of its names.
    private static func merged(_ groups: [Group]) -> [Group] {
        groups.reduce(into: [Group]()) { merged, group in
            let digests = group.contents.map(\.digest)
            if let same = merged.firstIndex(where: { $0.contents.map(\.digest) == digests }) {
                merged[same].names += group.names
            } else {
                merged.append(group)
            }
        }
    }

    /// What containerd and docker write is the whole name; the specification's may be a tag alone.
    private static func name(_ content: Content) throws -> ArchivedName? {
        let keys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
        return try keys.lazy.compactMap { content.annotations[$0] }.first.map(ArchivedName.init)
    }

    private func blob(_ digest: Digest) throws -> FilePart? {
        try files.file("blobs/\(digest.algorithm.rawValue)/\(digest.hex)")
    }
}
