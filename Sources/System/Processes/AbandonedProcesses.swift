internal import Glibc
internal import Synchronization

/// Children of this process that SIGKILL did not end in time, since the kernel holds them, as over a file
/// system that does not answer. Nobody waits for them any more; they are reaped once they have ended.
final class AbandonedProcesses: Sendable {
    static let shared = AbandonedProcesses()

    private struct State: Sendable {
        var processes: [(pid: Int32, words: [String])] = []
        var isWatched = false
    }

    private let state = Mutex(State())
    private static let interval = Duration.seconds(1)

    /// - Parameter words: what it was started as.
    func add(_ pid: Int32, _ words: [String]) {
        let isFirst = state.withLock { state in
            state.processes.append((pid, words))
            defer { state.isWatched = true }
            return !state.isWatched
        }
        if isFirst { watch() }
    }

    /// How many there are that were started with these words.
    func count(of words: [String]) -> Int {
        reap()
        return state.withLock { $0.processes.count { $0.words == words } }
    }

    private func watch() {
        _ = Alarm.after(Self.interval) { [self] in
            if reap() { watch() }
        }
    }

    /// - Returns: whether there are any left.
    @discardableResult
    private func reap() -> Bool {
        state.withLock { state in
            state.processes.removeAll { waitpid($0.pid, nil, WNOHANG) != 0 }
            state.isWatched = !state.processes.isEmpty
            return state.isWatched
        }
    }
}
