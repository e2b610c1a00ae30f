@preconcurrency internal import Dispatch
internal import Synchronization

/// One timer for all waits and limits of the daemon.
///
/// A cancelled `Task.sleep` leaves its timer behind, which fires in vain: the limits of a few
/// hundred pods kept an idle daemon awake for the minute after they were made. Here a cancelled
/// wait is forgotten at once, and the timer fires for what is still waited for.
public final class Alarm: Sendable {
    static let shared = Alarm()

    /// Waits like `Task.sleep`, which is not to be used in the daemon.
    /// - Throws: `CancellationError` when the task is cancelled first.
    public static func sleep(for duration: Duration) async throws {
        try await shared.sleep(until: .now + duration)
    }

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var waiters: [UInt64: (end: ContinuousClock.Instant, waiter: Waiter)] = [:]
        var cancelled: Set<UInt64> = []
        var nextKey: UInt64 = 0
        /// When the timer fires next.
        var armed: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let timer: any DispatchSourceTimer

    private init() {
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "gantry.alarm"))
        timer.setEventHandler { [unowned self] in self.fire() }
        timer.activate()
    }

    /// - Throws: `CancellationError` when the task is cancelled before `end`.
    func sleep(until end: ContinuousClock.Instant) async throws {
        let key = state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { register($0, key, end) }
        } onCancel: {
            cancel(key)
        }
    }

    private func register(_ waiter: Waiter, _ key: UInt64, _ end: ContinuousClock.Instant) {
        let isCancelled = state.withLock { state in
            if state.cancelled.contains(key) { return true }
            state.waiters[key] = (end, waiter)
            arm(&state, end)
            return false
        }
        if isCancelled { waiter.resume(throwing: CancellationError()) }
    }

    private func cancel(_ key: UInt64) {
        let entry = state.withLock { state in
            state.cancelled.insert(key)
            return state.waiters.removeValue(forKey: key)
        }
        entry?.waiter.resume(throwing: CancellationError())
    }

    /// Wakes those whose time has come, and sets the timer for the next of the others.
    private func fire() {
        let due = state.withLock { state in
            let now = ContinuousClock.now
            let due = state.waiters.filter { $0.value.end <= now }
            for key in due.keys { state.waiters[key] = nil }
            state.armed = nil
            if let next = state.waiters.values.map(\.end).min() { arm(&state, next) }
            return due.values
        }
        for entry in due { entry.waiter.resume() }
    }

    private func arm(_ state: inout State, _ end: ContinuousClock.Instant) {
        if let armed = state.armed, armed <= end { return }
        state.armed = end
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: end).components
        let nanoseconds = max(0, seconds) * 1_000_000_000 + max(0, attoseconds / 1_000_000_000)
        timer.schedule(deadline: .now() + .nanoseconds(Int(nanoseconds)))
    }
}
