internal import Kernel
public import System
internal import Synchronization

/// What is to be exported of traces, bounded: who works never waits for it, and what does not fit is
/// dropped and counted.
public final class SpanQueue: Sendable {
    private struct State {
        var waiting: [FinishedOperation] = []
        var exported: UInt64 = 0
        var dropped: UInt64 = 0
        /// Nil where nothing is exported.
        var sampling: TraceSampling?
    }

    private let state = Mutex(State())
    private let limit: Int

    public init(limit: Int = 2048) {
        self.limit = limit
    }

    /// From here on there is somebody who takes.
    public func open(_ sampling: TraceSampling) {
        state.withLock { $0.sampling = sampling }
    }

    func offer(_ parent: TraceParent?, _ make: (TraceParent) -> FinishedOperation) {
        guard let sampling = state.withLock({ $0.sampling }),
            let context = sampling.context(for: parent)
        else { return }
        let operation = make(context)
        state.withLock { state in
            if state.waiting.count < limit {
                state.waiting.append(operation)
            } else {
                state.dropped = state.dropped.plus(operation.count)
            }
        }
    }

    public func take(most: Int) -> [FinishedOperation] {
        state.withLock { state in
            let taken = Array(state.waiting.prefix(most))
            state.waiting.removeFirst(taken.count)
            return taken
        }
    }

    /// What became of operations that were taken.
    public func note(_ operations: [FinishedOperation], areExported: Bool) {
        let count = operations.reduce(UInt64(0)) { $0.plus($1.count) }
        state.withLock { state in
            if areExported {
                state.exported = state.exported.plus(count)
            } else {
                state.dropped = state.dropped.plus(count)
            }
        }
    }

    public var counts: (exported: UInt64, dropped: UInt64) {
        state.withLock { ($0.exported, $0.dropped) }
    }
}

/// An operation of a pod's start that has ended, with its steps.
public struct FinishedOperation: Sendable {
    /// The trace that it belongs to, and the span above it where the caller has one.
    public let context: TraceParent
    public let name: String
    public let subject: String
    public let sandbox: String
    /// `NAMESPACE/NAME`, and the pod's UID.
    public let pod: String
    public let uid: String
    /// Nanoseconds since 1970.
    public let startedAt: Int64
    /// Nanoseconds.
    public let duration: Int64
    public let failed: Bool
    public let steps: [TraceRecorder.Span]

    /// Spans.
    var count: UInt64 { UInt64(steps.count) + 1 }
}
