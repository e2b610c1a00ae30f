internal import NIOCore
internal import NIOPosix
internal import System
internal import Text

/// The HTTP server to which kubelets and clients connect for exec, attach and port-forwarding,
/// over SPDY/3.1 or WebSockets, with URLs that work once.
public struct StreamingServer: Sendable {
    private let listener: Listener
    private let settings: StreamingSettings
    private let book = TokenBook()
    private let seats: Seats

    /// Listens.
    /// - Throws: `GantryError` (`unavailable`) that names the address.
    public static func bind(_ settings: StreamingSettings) async throws -> StreamingServer {
        StreamingServer(
            listener: try await Listener.bind(settings), settings: settings,
            seats: Seats(settings.connections))
    }

    /// A URL under which `request` is served once, within a minute.
    /// - Throws: `GantryError` (`resourceExhausted`) when too many URLs wait for their clients.
    public func url(for request: StreamingRequest) throws -> String {
        let port = listener.channel.channel.localAddress?.port ?? Int(settings.port)
        let isIPv6 = settings.address.has(":")
        let host = isIPv6 ? "[\(settings.address)]" : settings.address
        let token = try book.issue(request)
        return "\(listener.scheme)://\(host):\(port)/\(request.verb)/\(token)"
    }

    /// Reads the certificate anew, for the connections to come.
    /// - Returns: what is to be said of it.
    /// - Throws: `GantryError` for a certificate that cannot be used; the one that counts stays.
    public func renewCertificate(_ new: StreamingSettings) async throws -> [String] {
        guard (new.certificate == nil) == (listener.certificate.context == nil) else {
            return ["TLS of streams needs a restart to come or go"]
        }
        let context = try await Blocking.run { try Listener.context(new) }
        guard let context else { return [] }
        listener.certificate.renew(context)
        return ["the certificate of streams was read again"]
    }

    /// Serves until its task is cancelled; then all connections are closed.
    public func serve(_ backend: any StreamingBackend) async throws {
        do {
            try await listener.channel.executeThenClose { clients in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await client in clients {
                        let connection = Connection(
                            channel: client.channel, book: book, settings: settings,
                            backend: ObservedBackend(backend))
                        // A client's failure is its own: it is closed, and the others go on.
                        group.addTask {
                            try? await seats.sit(
                                { try await connection.serve(client) },
                                orElse: { try await connection.refuse(client) })
                        }
                    }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {}
        try await listener.threads.shutdownGracefully()
    }
}
