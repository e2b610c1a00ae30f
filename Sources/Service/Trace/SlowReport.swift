internal import System

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
