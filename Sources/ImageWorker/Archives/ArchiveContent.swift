internal import Archive
internal import Model
internal import Synchronization
internal import System

/// The contents of an archive, by digest.
struct ArchiveContent: ContentSource {
    /// One for all archives: the node's administrator gives them, and their bytes are checked.
    let find: @Sendable (Digest) throws -> FilePart?

    func manifest(_ name: String, limit: Int) async throws -> (bytes: [UInt8], type: String) {
        (try await blob(try Digest(parsing: name), limit: limit), "")
    }

    func blob(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        try await Blocking.run { try part(digest).read(limit: limit) }
    }

    func fetch(
        _ content: Content, into sink: any ContentSink, _ resources: PullResources,
        _ report: @escaping @Sendable (UInt64) -> Void
    ) async throws {
        let isCancelled = Atomic(false)
        try await withTaskCancellationHandler {
            try await Blocking.run {
                try part(content.digest).stream { bytes in
                    if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                    try sink.write(bytes)
                    report(sink.received)
                }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
    }

    private func part(_ digest: Digest) throws -> FilePart {
        guard let found = try find(digest) else {
            throw GantryError(.dataLoss, "the archive does not have \(digest)")
        }
        return found
    }
}
