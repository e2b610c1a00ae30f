internal import Model
internal import Synchronization

/// A backend for one connection, which takes down what becomes of the connection's request.
final class ObservedBackend: StreamingBackend {
    private struct State {
        var request: (request: StreamingRequest, start: ContinuousClock.Instant)?
        var end = StreamRecord.End.closed
        var ports: [UInt16] = []
    }

    private static let mostPorts = 16

    private let backend: any StreamingBackend
    private let state = Mutex(State())

    init(_ backend: any StreamingBackend) {
        self.backend = backend
    }

    func began(_ request: StreamingRequest) {
        state.withLock { $0.request = (request, .now) }
    }

    func exec(_ request: ExecRequest) async throws -> StreamSession {
        try await observe { try await backend.exec(request) }
    }

    func attach(_ request: AttachRequest) async throws -> StreamSession {
        try await observe { try await backend.attach(request) }
    }

    func connect(sandbox: String, port: UInt16) async throws -> Int32 {
        state.withLock { state in
            guard state.ports.count < Self.mostPorts, !state.ports.contains(port) else { return }
            state.ports.append(port)
        }
        return try await backend.connect(sandbox: sandbox, port: port)
    }

    func ended(_ record: StreamRecord) { backend.ended(record) }

    /// Tells the backend of the connection's end; of nothing, when its client has shown no URL that
    /// counts.
    func connectionEnded(client: String) {
        let record = state.withLock { state in
            state.request.map { request, start in
                StreamRecord(
                    request: request, client: client, duration: start.duration(to: .now),
                    end: state.end, ports: state.ports)
            }
        }
        if let record { backend.ended(record) }
    }

    private func observe(_ open: () async throws -> StreamSession) async throws -> StreamSession {
        var session = try await noted(open)
        let exitCode = session.exitCode
        session.exitCode = { [self] in
            let code = try await noted(exitCode)
            state.withLock { $0.end = .exited(code) }
            return code
        }
        return session
    }

    /// A failure that comes of the connection's own end is none.
    private func noted<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            if !Task.isCancelled { state.withLock { $0.end = .failed("\(error)") } }
            throw error
        }
    }
}
