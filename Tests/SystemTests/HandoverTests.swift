import Synchronization
import System
import Testing

/// What another thread returns is there for the task that waits. Under ThreadSanitizer this tests
/// Tests/ThreadSanitizer: nothing else tells it the order of the two threads.
@Suite struct HandoverTests {
    private final class Value: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
    }

    /// Without an order of its own, so that the sanitizer learns none from it.
    private final class Flag: Sendable {
        private let isSet = Atomic(false)
        func set() { isSet.store(true, ordering: .relaxed) }
        func wait() { while !isSet.load(ordering: .relaxed) {} }
    }

    @Test func aContinuationMayBeResumedBeforeItIsAwaited() async throws {
        let value = try await withUnsafeThrowingContinuation { continuation in
            let resumed = Flag()
            do {
                try Thread.start(name: "early") {
                    continuation.resume(returning: Value(7))
                    resumed.set()
                }
                resumed.wait()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(value.number == 7)
    }
}
