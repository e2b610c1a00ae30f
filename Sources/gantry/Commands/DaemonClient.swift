internal import CRI
internal import GRPC
internal import Model
internal import Service
internal import Text

/// How a command speaks to the daemon: over the socket of the CRI.
struct DaemonClient {
    private let client: Client
    private let socket: String

    init(_ options: ConfigurationOptions) throws {
        socket = try options.load().settings.socket
        client = Client(socketPath: socket)
    }

    /// - Parameter limit: how long the answer may take.
    /// - Throws: `DaemonError` with what the daemon says.
    func call<Request, Response>(
        _ method: CRI.Method<Request, Response>, _ request: Request,
        limit: Duration = .seconds(10)
    ) async throws -> Response {
        do {
            return try Response.decode(
                try await client.call(method.path, try request.encoded(), limit: limit))
        } catch let status as GRPC.Status {
            throw DaemonError(description: explained(status))
        }
    }

    /// The core speaks of addresses when nobody listens on a socket.
    private func explained(_ status: GRPC.Status) -> String {
        guard status.message.begins(with: "failed to connect to all addresses") else {
            return "\(socket): \(status.message)"
        }
        let reason = status.message.cutLast(at: ":")?.tail ?? ""
        return "the daemon does not answer on \(socket):\(reason) (systemctl status gantry)"
    }
}

/// What is printed when the daemon refuses or is not there.
struct DaemonError: Error, CustomStringConvertible {
    let description: String
}
