internal import Logging
internal import Model
internal import System

extension Node {
    /// Runs an operation of a pod's start, and remembers where its time went. One that is slow or
    /// fails is told of in the log.
    /// - Parameter subject: the container's or image's name; empty for the sandbox itself.
    func traced<Result: Sendable>(
        _ name: String, _ subject: String = "", of sandbox: Sandbox,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let metadata = sandbox.config.metadata ?? PodSandboxMetadata()
        return try await traced(name, subject, sandbox.id, TraceLog.PodName(metadata), body)
    }

    /// A pull, of the pod that the kubelet says it is for, when that is known.
    func tracedPull<Result: Sendable>(
        _ image: String, for config: PodSandboxConfig?,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let name = config?.metadata.map(TraceLog.PodName.init),
            let sandbox = traces.sandbox(of: name)
        else { return try await body() }
        return try await traced("PullImage", image, sandbox, name, body)
    }

    private func traced<Result: Sendable>(
        _ name: String, _ subject: String, _ sandbox: String, _ pod: TraceLog.PodName,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let asked = Operations.askedAt ?? .now
        let recorder = TraceRecorder(begun: asked)
        let entry = TraceLog.Entry(
            name: name, subject: subject,
            startedAt: Clock.now() - asked.duration(to: .now).nanoseconds, recorder: recorder)
        recorder.noteWait("queue")
        traces.begin(entry, sandbox: sandbox, pod)
        do {
            let result = try await recorder.record(body)
            traces.end(entry, sandbox: sandbox, failed: false)
            if let report = SlowReport(entry, failed: false) {
                log.warning("\(pod.text): \(report)")
            }
            return result
        } catch {
            traces.end(entry, sandbox: sandbox, failed: true)
            if let report = SlowReport(entry, failed: true) {
                log.warning("\(pod.text): \(report)")
            }
            throw error
        }
    }
}

/// An operation that took too long or failed, for the log: the step that it was stuck in, and all
/// that took a share worth mentioning.
struct SlowReport: CustomStringConvertible {
    let description: String

    /// A start should take a tenth of a second.
    static let limit = Duration.seconds(5)

    /// nil when there is nothing to report.
    init?(_ entry: TraceLog.Entry, failed: Bool) {
        self.init(
            entry.name, entry.subject, entry.recorder.spans, elapsed: entry.recorder.elapsed,
            failed: failed)
    }

    init?(
        _ name: String, _ subject: String, _ spans: [TraceRecorder.Span], elapsed: Duration,
        failed: Bool
    ) {
        guard failed || elapsed >= Self.limit else { return nil }
        let parents = Set(spans.compactMap(\.parent))
        let leaves = spans.indices.filter { !parents.contains($0) }.map { spans[$0] }
        let share = leaves.filter { ($0.duration ?? .zero) * 20 >= elapsed || $0.failed }
        let steps = share.map { "\($0.name) \(Self.text($0.duration ?? .zero))" }
        let verb = failed ? "failed after" : "took"
        let what = subject.isEmpty ? name : "\(name) \(subject)"
        var text = "\(what) \(verb) \(Self.text(elapsed))"
        if let stuck = leaves.max(by: { ($0.duration ?? .zero) < ($1.duration ?? .zero) }),
            let duration = stuck.duration, duration >= Self.limit
        {
            text += ", stuck in \(stuck.name) for \(Self.text(duration))"
        }
        description = steps.isEmpty ? text : "\(text) (\(steps.joined(separator: ", ")))"
    }

    /// `34 s`, `120 ms`.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.nanoseconds / 1_000_000
        return milliseconds < 10_000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    }
}
