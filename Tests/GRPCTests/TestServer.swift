internal import Foundation
internal import Synchronization

@testable import GRPC

/// A server on a socket of its own.
struct TestServer {
    let socketPath: String
    let server: Server
    let client: Client

    init(_ methods: [String: Method], socketPath: String = TestServer.newPath()) throws {
        self.socketPath = socketPath
        server = try Server(methods: methods, socketPath: socketPath) { error in
            error as? Status ?? Status(code: 2, message: "\(error)")
        }
        client = Client(socketPath)
    }

    static func newPath() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-grpc-\(UUID().uuidString)").path
    }

    func end() async {
        await server.shutdown(grace: .zero)
        try? FileManager.default.removeItem(atPath: socketPath + ".lock")
    }
}

/// A handler that begins, waits to be cancelled, and tells of both.
struct Waiter: Sendable {
    let began = Event()
    let cancelled = Event()

    func wait() async throws {
        began.fire()
        do {
            try await Task.sleep(for: .seconds(3600))
        } catch {
            cancelled.fire()
            throw error
        }
    }

    var method: Method {
        .unary { _ in
            try await wait()
            return []
        }
    }
}

/// Something that happens once.
final class Event: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)

    func fire() { continuation.finish() }

    /// Returns once it has happened.
    func happened() async {
        for await _ in stream {}
    }
}
