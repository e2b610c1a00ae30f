internal import CRI
internal import Model
internal import Synchronization
internal import System
internal import Text

/// Where the time of the last pods' starts went.
///
/// An operation that has ended is kept in its encoding, some hundred bytes, so that a thousand pods
/// take about a megabyte.
final class TraceLog: Sendable {
    /// An operation of a pod, under way or ended.
    struct Entry: Sendable {
        let name: String
        let subject: String
        /// Nanoseconds since 1970.
        let startedAt: Int64
        let recorder: TraceRecorder
    }

    private struct Pod {
        let sandbox: String
        let name: PodName
        var ended: [[UInt8]] = []
        var underWay: [Entry] = []
    }

    /// What tells pods apart for people, and for pulls, which come before the pod's containers.
    struct PodName: Hashable, Sendable {
        let text: String
        let uid: String

        init(_ metadata: PodSandboxMetadata) {
            text = "\(metadata.namespace)/\(metadata.name)"
            uid = metadata.uid
        }
    }

    private let pods = Mutex<[Pod]>([])
    private let limit: Int

    /// A pod whose containers start again and again keeps the last ones' traces.
    private static let mostOperations = 64

    init(limit: Int = 1000) {
        self.limit = limit
    }

    func begin(_ entry: Entry, sandbox: String, _ name: PodName) {
        pods.withLock { pods in
            if let index = pods.lastIndex(where: { $0.sandbox == sandbox }) {
                return pods[index].underWay.append(entry)
            }
            pods.append(Pod(sandbox: sandbox, name: name, underWay: [entry]))
            if pods.count > limit { pods.removeFirst(pods.count - limit) }
        }
    }

    /// The operation is what it was in `begin`, with its recorder complete.
    func end(_ entry: Entry, sandbox: String, failed: Bool) {
        let encoded = try? TracedOperation(entry, elapsed: entry.recorder.elapsed, failed: failed)
            .encoded()
        pods.withLock { pods in
            guard let index = pods.lastIndex(where: { $0.sandbox == sandbox }) else { return }
            pods[index].underWay.removeAll { $0.recorder === entry.recorder }
            if let encoded { pods[index].ended.append(encoded) }
            if pods[index].ended.count > Self.mostOperations { pods[index].ended.removeFirst() }
        }
    }

    /// The last sandbox of that pod.
    func sandbox(of name: PodName) -> String? {
        pods.withLock { $0.last { $0.name == name }?.sandbox }
    }

    /// The last pod whose sandbox's ID begins with `id`, or that has the name `NAMESPACE/NAME`.
    func trace(of id: String) throws -> GetTraceResponse? {
        let found = pods.withLock { pods in
            pods.last { $0.sandbox.begins(with: id) || $0.name.text == id }
        }
        guard let found else { return nil }
        let ended = try found.ended.map { try TracedOperation.decode($0) }
        let underWay = found.underWay.map { TracedOperation($0, elapsed: nil, failed: false) }
        return GetTraceResponse(
            sandboxId: found.sandbox, pod: found.name.text,
            operations: (ended + underWay).sorted { $0.startedAt < $1.startedAt })
    }
}

extension TracedOperation {
    /// - Parameter elapsed: nil while it goes on.
    init(_ entry: TraceLog.Entry, elapsed: Duration?, failed: Bool) {
        let spans = entry.recorder.spans
        self.init(
            name: entry.name, subject: entry.subject, startedAt: entry.startedAt,
            duration: elapsed?.nanoseconds ?? -1, failed: failed,
            spans: spans.map { TracedSpan($0, among: spans) })
    }
}

extension TracedSpan {
    fileprivate init(_ span: TraceRecorder.Span, among spans: [TraceRecorder.Span]) {
        let parents = sequence(first: span) { span in span.parent.map { spans[$0] } }
        self.init(
            name: span.name, depth: Int32(parents.reduce(-1) { count, _ in count + 1 }),
            start: span.start.nanoseconds, duration: span.duration?.nanoseconds ?? -1,
            failed: span.failed)
    }
}

extension Duration {
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
