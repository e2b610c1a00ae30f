internal import Archive
internal import Model

/// Where an image's documents and layers come from: a registry, or an archive on the node.
protocol ContentSource: Sendable {

    /// A manifest or an index, by tag or digest, with the media type that it is given as (empty:
    /// none). Whether it has the digest is for the caller to check.
    /// - Throws: `GantryError`: `notFound`, `resourceExhausted` beyond `limit` bytes.
    func manifest(_ name: String, limit: Int) async throws -> (bytes: [UInt8], type: String)

    /// A blob that is small enough to be held in memory.
    func blob(_ digest: Digest, limit: Int) async throws -> [UInt8]

    /// Hands all of a blob to `sink`, which checks it, and says how much has come.
    func fetch(
        _ content: Content, into sink: any ContentSink, _ resources: PullResources,
        _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws
}
