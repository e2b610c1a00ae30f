extension Connection {
    func serveWebSocket(
        _ head: HTTPHead, _ source: SocketSource, _ link: Link, _ established: Flag
    ) async throws {
        throw HTTPFailure(400, "no websocket yet")
    }
}
