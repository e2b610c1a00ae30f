import Glibc
import Model
import NIOCore
import Synchronization
import Testing

@testable import Streaming

/// How a session ends.
@Suite struct CommandSessionTests {
    /// A client of Kubernetes reads each stream to its end; one that never comes holds it up until the
    /// connection is closed.
    @Test func eachChannelIsClosedThoughTheProcessHasEnded() async throws {
        let wire = SlowWire()
        let (out, err) = (try closedPipe(), try closedPipe())
        let session = CommandSession(version: 4, wire: wire) {
            StreamSession(stdout: out, stderr: err) { 0 }
        }
        try await session.run()
        #expect(wire.closed == [.stdout, .stderr, .error])
    }

    /// One that is at its end already.
    private func closedPipe() throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        close(ends[1])
        return ends[0]
    }
}

/// Says once for each channel that it is closed, and takes its time, as a busy connection does.
private final class SlowWire: CommandWire {
    private let begun = Mutex<Set<CommandChannel>>([])
    private let done = Mutex<Set<CommandChannel>>([])

    var closed: Set<CommandChannel> { done.withLock { $0 } }

    func send(_ channel: CommandChannel, _ bytes: ByteBuffer) async throws {}

    func close(_ channel: CommandChannel) async throws {
        guard begun.withLock({ $0.insert(channel).inserted }) else { return }
        try await Task.sleep(for: .milliseconds(200))
        done.withLock { _ = $0.insert(channel) }
    }
}
