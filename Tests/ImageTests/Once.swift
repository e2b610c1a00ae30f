import Synchronization

/// True once.
final class Once: Sendable {
    private let taken = Atomic(false)

    func take() -> Bool { !taken.exchange(true, ordering: .sequentiallyConsistent) }

    var isTaken: Bool { taken.load(ordering: .sequentiallyConsistent) }
}
