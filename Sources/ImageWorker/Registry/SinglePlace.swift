internal import Synchronization

/// A place that one may have at a time, and nobody waits for.
final class SinglePlace: Sendable {
    private let isTaken = Atomic(false)

    /// - Returns: whether the caller has it now; `leave` must follow.
    func take() -> Bool { !isTaken.exchange(true, ordering: .acquiring) }

    func leave() { isTaken.store(false, ordering: .releasing) }
}
