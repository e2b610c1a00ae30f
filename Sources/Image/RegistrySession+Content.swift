internal import Archive
internal import Synchronization

extension RegistrySession: ContentSource {
    func manifest(_ name: String, limit: Int) async throws -> (bytes: [UInt8], type: String) {
        let types = (MediaType.indexes + MediaType.manifests).joined(separator: ", ")
        let response = try await get(
            "manifests/\(name)", ["Accept: \(types)"], .collect(limit: limit))
        return (response.body, response.contentType)
    }

    func blob(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        try await get("blobs/\(digest)", [], .collect(limit: limit)).body
    }

    func stream(
        _ content: Content, from start: UInt64, to sink: @escaping Sink
    ) async throws {
        let repeated = Mutex(start)
        let headers = start == 0 ? [] : ["Range: bytes=\(start)-"]
        _ = try await get(
            "blobs/\(content.digest)", headers,
            .stream { status, bytes in
                // A server that ignores the range sends once more what is here already.
                let known = status == 206 ? 0 : repeated.withLock { $0.take(bytes.byteCount) }
                try sink(bytes.extracting(droppingFirst: known))
            })
    }
}

extension UInt64 {
    /// Takes away up to `count`; returns how much that was.
    fileprivate mutating func take(_ count: Int) -> Int {
        let taken = Swift.min(self, UInt64(count))
        self -= taken
        return Int(taken)
    }
}
