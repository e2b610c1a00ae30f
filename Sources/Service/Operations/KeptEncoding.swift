internal import Synchronization

/// An answer's encoding, or a part's, kept until what it says changes. A kubelet asks for the same lists
/// every second, and most of the time nothing has happened.
final class KeptEncoding: Sendable {
    private let changes = Atomic<UInt64>(0)
    private let kept = Mutex<(changes: UInt64, encoding: [UInt8])?>(nil)

    /// To be called after each change, or under the lock that guards it.
    func changed() {
        changes.add(1, ordering: .releasing)
    }

    /// What is kept, or what `make` reads from the state now.
    func encoding(_ make: () throws -> [UInt8]) rethrows -> [UInt8] {
        // Before the state is read: a change in between makes the result outdated at once.
        let now = changes.load(ordering: .acquiring)
        if let kept = kept.withLock({ $0 }), kept.changes == now { return kept.encoding }
        let made = try make()
        kept.withLock { $0 = (now, made) }
        return made
    }
}
