internal import Glibc
internal import Logging
internal import Service
internal import Synchronization
internal import System

/// What signals have the daemon do (docs/reliability.md, "Signals").
final class Control: Sendable {
    private enum Stage {
        /// Pods of before are being found: nothing that could not be found again.
        case starting
        case serving(Node, Reload)
        case ending
    }

    /// Gets the signal that is to end the daemon.
    let end = AsyncStream.makeStream(of: Int32.self)
    private let stage = Mutex(Stage.starting)
    private let log: Logger

    /// What calls and operations under way get at the end before they are left where they are.
    static let grace = Duration.seconds(5)

    init(_ log: Logger) {
        self.log = log
    }

    func serves(_ node: Node, _ reload: Reload) {
        stage.withLock { $0 = .serving(node, reload) }
    }

    /// Obeys signals until its task is cancelled.
    func run(_ signals: Signals) async {
        while let signal = try? await signals.next() { await obey(signal) }
    }

    private func obey(_ signal: Int32) async {
        switch signal {
        case SIGTERM, SIGINT, SIGQUIT: begin(toEndOn: signal)
        case SIGHUP: await reload()
        case SIGUSR1: report()
        default: log.debug("signal \(signal) asks for nothing")
        }
    }

    private func begin(toEndOn signal: Int32) {
        let before = stage.withLock { stage in
            defer { stage = .ending }
            return stage
        }
        if case .ending = before { return }
        log.info("ending, on signal \(signal)")
        guard case .serving(let node, _) = before else { _exit(0) }
        leave(node)
        end.continuation.yield(signal)
    }

    /// Whatever does not end by itself, such as a pull that stalls, is left where it is: as after any
    /// death of the daemon, the next one takes it from there.
    private func leave(_ node: Node) {
        _ = Alarm.after(Self.grace + .seconds(1)) { [log] in
            let left = node.operationsUnderWay
            log.notice("ended without waiting for \(left.isEmpty ? "calls" : "\(left)")")
            unlink(node.socketPath)
            _exit(0)
        }
    }

    private func reload() async {
        guard case .serving(let node, let reload) = stage.withLock({ $0 }) else {
            return log.notice("nothing is reloaded: the configuration was just read")
        }
        await reload.run(node)
    }

    private func report() {
        guard case .serving(let node, _) = stage.withLock({ $0 }) else {
            return log.notice("the pods of before are being found")
        }
        let operations = node.operationsUnderWay
        log.notice("\(operations.count) operations are under way")
        for operation in operations { log.notice("under way: \(operation)") }
    }
}
