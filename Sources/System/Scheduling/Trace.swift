internal import Synchronization

/// Notes where the time of the operation goes that the task is part of.
///
/// A task-local value carries it, so that no function between the operation and the step has to know.
public enum Trace {
    @TaskLocal fileprivate static var position: Position?

    fileprivate struct Position: Sendable {
        let recorder: TraceRecorder
        /// The span that is under way.
        let parent: Int?
    }

    /// Runs `body` as a step of the operation; without one, just runs it.
    public static func span<Result>(
        _ name: String, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        guard let position, let index = position.recorder.begin(name, in: position.parent) else {
            return try await body()
        }
        let inner = Position(recorder: position.recorder, parent: index)
        do {
            let result = try await $position.withValue(inner) { try await body() }
            position.recorder.end(index, failed: false)
            return result
        } catch {
            position.recorder.end(index, failed: true)
            throw error
        }
    }
}

/// The steps of one operation, in the order of their beginnings.
public final class TraceRecorder: Sendable {
    public struct Span: Hashable, Sendable {
        public let name: String
        /// Index of the step that this one is part of.
        public let parent: Int?
        /// Since the operation's beginning.
        public let start: Duration
        /// nil while it goes on.
        public fileprivate(set) var duration: Duration?
        public fileprivate(set) var failed = false
    }

    private let begun: ContinuousClock.Instant
    private let content = Mutex<[Span]>([])

    /// More would say nothing to people, and memory is bounded.
    private static let most = 256

    /// - Parameter begun: when somebody asked for the operation; it may have had to wait.
    public init(begun: ContinuousClock.Instant = .now) {
        self.begun = begun
    }

    /// The steps so far; those that go on have no duration.
    public var spans: [Span] { content.withLock { $0 } }

    /// Since the operation's beginning.
    public var elapsed: Duration { begun.duration(to: .now) }

    /// Notes a step that began with the operation and ends now.
    public func noteWait(_ name: String) {
        let duration = elapsed
        content.withLock {
            $0.append(Span(name: name, parent: nil, start: .zero, duration: duration))
        }
    }

    /// Runs `body` so that `Trace.span` notes its steps here.
    public func record<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let position = Trace.Position(recorder: self, parent: nil)
        return try await Trace.$position.withValue(position) { try await body() }
    }

    fileprivate func begin(_ name: String, in parent: Int?) -> Int? {
        let start = elapsed
        return content.withLock { spans in
            guard spans.count < Self.most else { return nil }
            spans.append(Span(name: name, parent: parent, start: start))
            return spans.count - 1
        }
    }

    fileprivate func end(_ index: Int, failed: Bool) {
        let end = elapsed
        content.withLock { spans in
            spans[index].duration = end - spans[index].start
            spans[index].failed = failed
        }
    }
}
