internal import Synchronization

/// Keeps apart the operations that must not be under way at once: those on the same container, and
/// GC and any other (CNI specification, section 3, Lifecycle & Ordering). First come, first served.
///
/// Waiting cannot be cancelled: what is waited for has a deadline.
final class OperationGate: Sendable {
    enum Scope {
        case container(String)
        case everything
    }

    fileprivate struct State {
        var containers: Set<String> = []
        var everything = false
        var waiting: [(scope: Scope, turn: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func perform<Result>(_ scope: Scope, _ body: () async throws -> Result) async rethrows -> Result
    {
        await withCheckedContinuation { turn in
            admit(after: { $0.waiting.append((scope, turn)) })
        }
        defer { admit(after: { $0.leave(scope) }) }
        return try await body()
    }

    /// Makes a change and lets in whoever may enter after it.
    private func admit(after change: (inout State) -> Void) {
        let admitted = state.withLock { state in
            change(&state)
            return state.admit()
        }
        for turn in admitted { turn.resume() }
    }
}

extension OperationGate.State {
    mutating func admit() -> [CheckedContinuation<Void, Never>] {
        var admitted: [CheckedContinuation<Void, Never>] = []
        var rest: [(scope: OperationGate.Scope, turn: CheckedContinuation<Void, Never>)] = []
        var closed = false
        for entry in waiting {
            // Nobody overtakes one who waits for everything, or that one would wait for ever.
            if !closed, enter(entry.scope) {
                admitted.append(entry.turn)
            } else {
                rest.append(entry)
                if case .everything = entry.scope { closed = true }
            }
        }
        waiting = rest
        return admitted
    }

    private mutating func enter(_ scope: OperationGate.Scope) -> Bool {
        if everything { return false }
        switch scope {
        case .container(let id):
            return containers.insert(id).inserted
        case .everything:
            everything = containers.isEmpty
            return everything
        }
    }

    mutating func leave(_ scope: OperationGate.Scope) {
        switch scope {
        case .container(let id): containers.remove(id)
        case .everything: everything = false
        }
    }
}
