internal import Image
internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// What the daemon counts of its own work.
public final class Telemetry: Sendable {
    /// Nanoseconds since 1970.
    let startedAt = Clock.now()
    /// RPCs that have ended. Labels: service, method, code.
    let calls = Durations()
    /// Labels: outcome.
    let pulls = Durations()
    private let counts = Mutex(Counts())

    private struct Counts {
        var started: [[String]: UInt64] = [:]
        var pulledBytes: UInt64 = 0
        var exits: [String: UInt64] = [:]
    }

    /// - Parameter labels: service and method.
    public func began(_ labels: [String]) {
        counts.withLock { $0.started[labels, default: 0] += 1 }
    }

    /// - Parameters:
    ///   - labels: service and method.
    ///   - code: the status code as gRPC spells it.
    public func ended(_ labels: [String], _ code: String, after duration: Duration) {
        calls.observe(labels + [code], duration)
    }

    func pulled(bytes: UInt64) {
        counts.withLock { $0.pulledBytes = $0.pulledBytes.plus(bytes) }
    }

    func exited(_ exit: ContainerExit) {
        counts.withLock { $0.exits[exit.reason, default: 0] += 1 }
    }

    var started: [[String]: UInt64] { counts.withLock { $0.started } }
    var pulledBytes: UInt64 { counts.withLock { $0.pulledBytes } }
    /// By the reason; `OOMKilled` is one.
    var exits: [String: UInt64] { counts.withLock { $0.exits } }
}

/// Adds up what the layers of one pull have received.
final class PulledBytes: Sendable {
    private let received = Mutex<[String: UInt64]>([:])

    func note(_ event: PullEvent) {
        guard case .progress(let layer) = event, layer.state == .fetching else { return }
        received.withLock { $0[layer.digest] = max($0[layer.digest] ?? 0, layer.received) }
    }

    var total: UInt64 { received.withLock { $0.values.total } }
}
