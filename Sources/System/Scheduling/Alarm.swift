@preconcurrency internal import Dispatch
internal import Kernel
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
        try await shared.sleep(until: .now + duration.clamped)
    }

    /// What is to happen at a time, unless it is called off.
    public struct Call: Sendable {
        fileprivate let key: UInt64

        /// It may be happening just now.
        public func cancel() {
            shared.cancel(key)
        }
    }

    /// Runs `body`, which must not block, once `duration` has passed.
    public static func after(_ duration: Duration, _ body: @escaping @Sendable () -> Void) -> Call {
        let call = Call(key: shared.newKey())
        shared.register(call.key, .now + duration.clamped) { isDue in
            if isDue { body() }
        }
        return call
    }

    /// Told once whether the time has come, or it was cancelled first.
    private typealias Waiter = @Sendable (_ isDue: Bool) -> Void

    private struct State {
        var waiters: [UInt64: (end: ContinuousClock.Instant, waiter: Waiter)] = [:]
        /// Sleepers that were cancelled before they could register.
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
        let key = newKey()
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                register(key, end) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            cancel(key, isSleeper: true)
        }
        if !isDue { throw CancellationError() }
    }

    private func newKey() -> UInt64 {
        state.withLock { state in
            defer { state.nextKey += 1 }
            return state.nextKey
        }
    }

    private func register(
        _ key: UInt64, _ end: ContinuousClock.Instant, _ waiter: @escaping Waiter
    ) {
        let isCancelled = state.withLock { state in
            if state.cancelled.contains(key) { return true }
            state.waiters[key] = (end, waiter)
            arm(&state, end)
            return false
        }
        if isCancelled { waiter(false) }
    }

    private func cancel(_ key: UInt64, isSleeper: Bool = false) {
        let entry = state.withLock { state in
            if isSleeper { state.cancelled.insert(key) }
            return state.waiters.removeValue(forKey: key)
        }
        entry?.waiter(false)
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
        for entry in due { entry.waiter(true) }
    }

    private func arm(_ state: inout State, _ end: ContinuousClock.Instant) {
        if let armed = state.armed, armed <= end { return }
        state.armed = end
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: end).clamped.components
        let nanoseconds = attoseconds / 1_000_000_000
        timer.schedule(
            deadline: .now() + .seconds(Int(seconds)) + .nanoseconds(Int(nanoseconds)))
    }
}
