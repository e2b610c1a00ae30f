internal import Glibc
public import ImageProtocol
internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// A process that handles images, as the daemon talks to it. It does one image at a time.
public final class ImageWorker: Sendable {
    private typealias Waiter = CheckedContinuation<ImageAnswer, any Error>

    /// A request that is not answered yet, or whose answer nobody has taken yet.
    private struct Pending {
        let watch: @Sendable (UInt64) -> Void
        var waiter: Waiter?
        var outcome: Result<ImageAnswer, any Error>?
        var isSent = false
        var isCancelled = false
    }

    private struct State {
        var pending: [UInt32: Pending] = [:]
        var nextSerial: UInt32 = 1
        var isReady = false
        /// When it has said something last, or was asked for something after a rest.
        var heard = ContinuousClock.now
        var isWatched = false
        /// Why it was ended, where that says more than the signal.
        var fault: String?
        /// Why there is nobody to ask any more.
        var end: WorkerEnd?
        var mourners: [CheckedContinuation<Void, Never>] = []

        /// The time to get ready is over.
        /// - Returns: whether it is not ready, and still there.
        mutating func miss(_ limit: Duration) -> Bool {
            guard !isReady, end == nil else { return false }
            fault = "was not ready within \(limit)"
            return true
        }

        /// - Returns: until it has been silent for too long; nil when nobody waits for it.
        mutating func timeLeft(_ silence: Duration) -> Duration? {
            guard end == nil, !pending.isEmpty else {
                isWatched = false
                return nil
            }
            let left = silence - heard.duration(to: .now)
            if left <= .zero { fault = "has said nothing for \(silence)" }
            return max(.zero, left)
        }
    }

    private let socket: FrameSocket
    private let end: @Sendable () -> Void
    private let tell: @Sendable ([String]) -> Void
    private let state = Mutex(State())

    /// How long it may say nothing while it is asked for something: a process that gets no memory for a
    /// thread any more hangs.
    private static let silence = Duration.seconds(60)
    /// How long it may take to end what it was told to end.
    private static let patience = Duration.seconds(10)

    /// - Parameters:
    ///   - kill: ends the process; called any number of times, from any thread.
    ///   - tell: hears what the node cannot do to confine the process.
    public init(
        _ socket: FrameSocket, kill: @escaping @Sendable () -> Void,
        tell: @escaping @Sendable ([String]) -> Void = { _ in }
    ) {
        self.socket = socket
        self.tell = tell
        end = kill
    }

    /// Ends the process when it has not said by then that it is ready: a process without memory for its
    /// threads hangs, and its pull would with it.
    func expectReady(within limit: Duration) {
        _ = Alarm.after(limit) { [weak self] in
            guard let self, state.withLock({ $0.miss(limit) }) else { return }
            end()
        }
    }

    /// Takes answers until the process is gone or makes no sense. Blocks the thread.
    /// - Returns: what was wrong with an answer; nil when none was.
    public func listen() -> String? {
        do {
            while let (message, _) = try socket.receive(mostDescriptors: 0) {
                let (serial, answer) = try ImageAnswer.decode(message)
                take(answer, serial)
            }
            return nil
        } catch let error as SystemError where error.errno == ECONNRESET {
            // It died with something that it had not read.
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The process is gone: nobody waits for it any more.
    /// - Parameter reason: how it ended.
    public func close(_ reason: String) {
        let (error, mourners) = state.withLock { state in
            let error = WorkerEnd(state.fault ?? reason)
            state.end = error
            defer { state.mourners = [] }
            return (error, state.mourners)
        }
        for serial in state.withLock({ Array($0.pending.keys) }) {
            settle(serial, .failure(error))
        }
        for mourner in mourners { mourner.resume() }
    }

    public var isGone: Bool { state.withLock { $0.end != nil } }

    /// Ends the process at once, and returns when it is gone.
    func kill() async {
        end()
        await withCheckedContinuation { mourner in
            let isGone = state.withLock { state in
                if state.end == nil { state.mourners.append(mourner) }
                return state.end != nil
            }
            if isGone { mourner.resume() }
        }
    }

    /// Has it end when it has done what it was asked.
    func hangUp() {
        socket.shutDown()
    }

    /// Asks, and waits for the answer. When the task is cancelled the process is told so, and its answer
    /// still waited for: until then it may be at work.
    /// - Parameters:
    ///   - files: go along.
    ///   - watch: is told how many bytes have come.
    /// - Throws: what it answers; `WorkerEnd` when it dies; `CancellationError`.
    func ask(
        _ request: ImageRequest, _ files: [OpenFile] = [],
        watch: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> ImageAnswer {
        try Task.checkCancellation()
        let serial = enter(watch)
        let answer = try await withTaskCancellationHandler {
            await send(request.encoded(serial: serial), files, serial)
            return try await withCheckedThrowingContinuation { wait(for: serial, $0) }
        } onCancel: {
            cancel(serial)
        }
        if case .failed(let failure) = answer { throw failure.error }
        return answer
    }

    private func enter(_ watch: @escaping @Sendable (UInt64) -> Void) -> UInt32 {
        let (serial, isWatched) = state.withLock { state in
            defer {
                state.nextSerial &+= 1
                state.isWatched = true
            }
            if state.pending.isEmpty { state.heard = .now }
            state.pending[state.nextSerial] = Pending(
                watch: watch, outcome: state.end.map { .failure($0) })
            return (state.nextSerial, state.isWatched)
        }
        if !isWatched { look(after: Self.silence) }
        return serial
    }

    /// Ends the process once it has been silent for too long; looks again as long as it is asked for
    /// something.
    private func look(after wait: Duration) {
        _ = Alarm.after(wait) { [weak self] in
            guard let self else { return }
            let left = state.withLock { $0.timeLeft(Self.silence) }
            if left == .zero { end() } else if let left { look(after: left) }
        }
    }

    private func send(_ message: [UInt8], _ files: [OpenFile], _ serial: UInt32) async {
        try? await Blocking.run { [self] in
            do {
                try socket.send(message, files.map(\.raw))
            } catch {
                // It is gone, which `close` tells of, or stuck.
                end()
            }
        }
        let isCancelled = state.withLock { state in
            state.pending[serial]?.isSent = true
            return state.pending[serial]?.isCancelled ?? false
        }
        if isCancelled { tellToEnd(serial) }
    }

    private func cancel(_ serial: UInt32) {
        let isSent = state.withLock { state in
            state.pending[serial]?.isCancelled = true
            return state.pending[serial]?.isSent ?? false
        }
        if isSent { tellToEnd(serial) }
    }

    private func tellToEnd(_ serial: UInt32) {
        try? socket.send(ImageRequest.cancel(serial: serial).encoded(serial: 0))
        _ = Alarm.after(Self.patience) { [weak self] in
            guard let self, state.withLock({ $0.pending[serial] != nil }) else { return }
            end()
        }
    }

    private func wait(for serial: UInt32, _ waiter: Waiter) {
        let outcome: Result<ImageAnswer, any Error>? = state.withLock { state in
            if let outcome = state.pending[serial]?.outcome {
                state.pending[serial] = nil
                return outcome
            }
            state.pending[serial]?.waiter = waiter
            return nil
        }
        if let outcome { waiter.resume(with: outcome) }
    }

    private func take(_ answer: ImageAnswer, _ serial: UInt32) {
        state.withLock { $0.heard = .now }
        switch answer {
        case .ready(let missing):
            state.withLock { $0.isReady = true }
            tell(missing)
        case .progress(let received): state.withLock { $0.pending[serial]?.watch }?(received)
        default: settle(serial, .success(answer))
        }
    }

    private func settle(_ serial: UInt32, _ outcome: Result<ImageAnswer, any Error>) {
        let waiter: Waiter? = state.withLock { state in
            guard let waiter = state.pending[serial]?.waiter else {
                state.pending[serial]?.outcome = outcome
                return nil
            }
            state.pending[serial] = nil
            return waiter
        }
        waiter?.resume(with: outcome)
    }
}

/// The process that handled an image is gone, with its work undone.
struct WorkerEnd: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = "the process that handles images (gantry-images) \(reason)"
    }
}
