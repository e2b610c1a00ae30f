internal import Synchronization

/// The encoding of a whole list, kept until one of its elements changes, comes or goes. A kubelet asks
/// for the same two lists every second, and most of the time nothing has happened.
final class KeptList: Sendable {
    private let changes = Atomic<UInt64>(0)
    private let kept = Mutex<(changes: UInt64, encoding: [UInt8])?>(nil)

    /// To be called after each change, or under the lock that guards it.
    func changed() {
        changes.add(1, ordering: .releasing)
    }

    /// What is kept, or what `make` reads from the elements now.
    func encoding(_ make: () throws -> [UInt8]) rethrows -> [UInt8] {
        // Before the elements are read: a change in between makes the result outdated at once.
        let now = changes.load(ordering: .acquiring)
        if let kept = kept.withLock({ $0 }), kept.changes == now { return kept.encoding }
        let made = try make()
        kept.withLock { $0 = (now, made) }
        return made
    }
}
