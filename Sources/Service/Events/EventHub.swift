internal import Model
internal import Synchronization

/// Hands what happens to pods and containers to everybody who listens.
///
/// Each listener has a queue of its own, so that a slow one holds nobody up; one whose queue is full
/// is cut off, and can list and listen anew.
final class EventHub: Sendable {
    typealias Stream = AsyncStream<ContainerEventResponse>

    private struct State {
        var listeners: [UInt64: Stream.Continuation] = [:]
        var nextKey: UInt64 = 0
    }

    private let state = Mutex(State())

    /// How many events wait for one listener, at most.
    private static let queueLength = 1000

    var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// The stream ends with `close`, or when the listener is too slow.
    func listen() -> Stream {
        let (stream, queue) = Stream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.queueLength))
        let key = state.withLock { state in
            defer { state.nextKey += 1 }
            state.listeners[state.nextKey] = queue
            return state.nextKey
        }
        queue.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
        }
        return stream
    }

    func tell(_ event: ContainerEventResponse) {
        for queue in state.withLock({ Array($0.listeners.values) }) {
            if case .dropped = queue.yield(event) { queue.finish() }
        }
    }

    func close() {
        let all = state.withLock { Array($0.listeners.values) }
        for queue in all { queue.finish() }
    }
}

extension Node {
    /// Tells of a container's change, with how its pod stands by now.
    func tell(_ type: ContainerEventType, of container: SandboxContainer) {
        tell(type, id: container.id, container.sandbox)
    }

    /// A sandbox's events have its own ID as the container's (api.proto, ContainerEventResponse).
    func tell(_ type: ContainerEventType, of sandbox: Sandbox) {
        tell(type, id: sandbox.id, sandbox)
    }

    private func tell(_ type: ContainerEventType, id: String, _ sandbox: Sandbox) {
        guard events.hasListeners else { return }
        let listed = containers(of: sandbox).filter { $0.phase != .creating }
        events.tell(
            ContainerEventResponse(
                containerId: id, containerEventType: type, createdAt: Clock.now(),
                podSandboxStatus: sandbox.status, containersStatuses: listed.map(\.status)))
    }
}
