internal import Archive
internal import ImageProtocol
internal import Model

extension RegistrySession: ContentSource {

    func manifest(_ name: String, limit: Int) async throws -> (bytes: [UInt8], type: String) {
        let types = (MediaType.indexes + MediaType.manifests).joined(separator: ", ")
        let response = try await get(
            "manifests/\(name)", ["Accept: \(types)"], .collect(limit: limit),
            isChecked: (try? Digest(parsing: name)) != nil)
        return (response.body, response.contentType)
    }

    func blob(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        try await get("blobs/\(digest)", [], .collect(limit: limit), isChecked: true).body
    }

    func fetch(
        _ content: Content, into sink: any ContentSink, _ resources: PullResources,
        _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws {
        try await BlobDownload(
            session: self, content: content, resources: resources, report: report
        ).run(into: sink)
    }
}
