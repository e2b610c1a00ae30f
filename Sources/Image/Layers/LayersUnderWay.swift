internal import Model
internal import Synchronization

/// The layers that pulls are working on, so that equal ones are fetched and unpacked once.
final class LayersUnderWay: Sendable {
    /// What makes two layers equal: the same bytes of the same registry, above the same layers.
    ///
    /// That is all that a pull may be let join on, and it gives nobody what was not theirs. Whoever
    /// joins has fetched, with credentials of their own, a manifest from this registry that names the
    /// layer; a registry takes a manifest only with the blobs that it names (distribution-spec,
    /// "Pushing Manifests") and lets those who may read it read them. And nobody waits for bytes that
    /// they would not have asked the same place for: another registry may be slow, or lie.
    struct Key: Hashable, Sendable {
        let origin: String
        let digest: Digest
        let chain: String

        init(_ origin: String, _ digest: Digest, _ chain: String) {
            self.origin = origin
            self.digest = digest
            self.chain = chain
        }
    }

    private struct Entry {
        let layer = SharedLayer()
        var users = 0
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// The work on a layer, under way or to be begun. `leave` must follow.
    func join(_ key: Key) -> SharedLayer {
        entries.withLock { entries in
            entries[key, default: Entry()].users += 1
            return entries[key, default: Entry()].layer
        }
    }

    /// Whether no more than one pull wants the layer.
    func isAlone(_ key: Key) -> Bool {
        entries.withLock { ($0[key]?.users ?? 0) <= 1 }
    }

    /// The last one to leave removes what was unpacked and is not in place.
    func leave(_ key: Key) async {
        let left: SharedLayer? = entries.withLock { entries in
            guard var entry = entries[key] else { return nil }
            entry.users -= 1
            entries[key] = entry.users == 0 ? nil : entry
            return entry.users == 0 ? entry.layer : nil
        }
        // What stays behind after an error here is swept at the next start.
        try? await left?.discard()
    }
}
