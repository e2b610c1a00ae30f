internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import TTRPC

/// A client and a server at the two ends of a socket.
struct Pair {
    let client: Client
    let server: Server
    let links: [SocketLink]

    /// Runs both ends while `body` runs.
    static func run<Result: Sendable>(
        _ methods: [String: Server.Method], largest: Int = Frame.largest, mostCalls: Int = 64,
        _ body: @escaping @Sendable (Pair) async throws -> Result
    ) async throws -> Result {
        let (near, far) = try ends()
        let client = Client(largest: largest) { try near.send($0) }
        let server = Server(methods, largest: largest, mostCalls: mostCalls) { try far.send($0) }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try? await near.run { try client.take($0) }
                client.close(GantryError(.unavailable, "the server is gone"))
                return nil
            }
            group.addTask {
                try? await far.run { try server.take($0) }
                server.close()
                return nil
            }
            group.addTask {
                await server.run()
                return nil
            }
            group.addTask {
                defer {
                    near.close()
                    far.close()
                }
                return try await body(Pair(client: client, server: server, links: [near, far]))
            }
            var result: Result?
            for try await each in group { result = each ?? result }
            guard let result else { throw GantryError(.internal, "the body ended without a word") }
            return result
        }
    }

    static func ends() throws -> (SocketLink, SocketLink) {
        let (near, far) = try sockets()
        return (SocketLink(Descriptor(owning: near)), SocketLink(Descriptor(owning: far)))
    }

    static func sockets() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        try syscall("socketpair") { socketpair(AF_UNIX, kind, 0, &ends) }
        return (ends[0], ends[1])
    }
}
