internal import Model
internal import NIOCore
internal import Text

/// The upgrade to a WebSocket (RFC 6455, section 4.2), on which both sides agree on a version of
/// Kubernetes' protocol as a subprotocol.
extension Connection {
    private static let tunnelProtocol = "SPDY/3.1+portforward.k8s.io"
    private static let commandProtocols: [String: (version: Int, framing: WebSocketFraming)] = [
        "": (1, .binary), "channel.k8s.io": (1, .binary), "base64.channel.k8s.io": (1, .base64),
        "v2.channel.k8s.io": (2, .binary), "v3.channel.k8s.io": (3, .binary),
        "v4.channel.k8s.io": (4, .binary), "v4.base64.channel.k8s.io": (4, .base64),
        "v5.channel.k8s.io": (5, .binary),
    ]
    private static let forwardProtocols: [String: WebSocketFraming] = [
        "": .binary, "v4.channel.k8s.io": .binary, "v4.base64.channel.k8s.io": .base64,
    ]

    func serveWebSocket(
        _ head: HTTPHead, _ source: SocketSource, _ link: Link, _ established: Flag
    ) async throws {
        guard head.method == "GET", head["sec-websocket-version"] == "13",
            let key = head["sec-websocket-key"], !key.isEmpty
        else { throw HTTPFailure(400, "not a WebSocket handshake of version 13") }
        let chosen = try Self.choose(head)
        let request = try redeem(head)
        try await link.write([Self.switching(key, to: chosen)])
        established.set()
        let outlet = WebSocketOutlet(link)
        let peer = WebSocketPeer(source, outlet)
        guard case .portForward(let forward) = request else {
            return try await serve(request, chosen, peer, outlet)
        }
        guard let framing = Self.forwardProtocols[chosen] else {
            let tunnel = Link(
                write: { try await outlet.send(.binary, $0) }, close: { await outlet.disconnect() })
            return try await speakSPDY(request, 1, TunnelSource(peer), tunnel, established)
        }
        try await WebSocketForwardConnection(
            peer: peer, outlet: outlet, framing: framing, sandbox: forward.podSandboxId,
            backend: backend
        ).run(ports: Self.ports(head, forward))
    }

    private func serve(
        _ request: StreamingRequest, _ chosen: String, _ peer: WebSocketPeer,
        _ outlet: WebSocketOutlet
    ) async throws {
        guard let (streams, open) = command(request),
            let (version, framing) = Self.commandProtocols[chosen]
        else { return }
        let wire = WebSocketCommandWire(outlet: outlet, framing: framing)
        try await WebSocketCommandConnection(
            peer: peer, outlet: outlet, wire: wire,
            session: CommandSession(version: version, wire: wire, open: open), streams: streams
        ).run()
    }

    private static func choose(_ head: HTTPHead) throws -> String {
        let isForward = head.path.begins(with: "/portforward/")
        let known =
            isForward
            ? [tunnelProtocol] + Array(forwardProtocols.keys) : Array(commandProtocols.keys)
        let offered = head.list("sec-websocket-protocol")
        if offered.isEmpty { return "" }
        guard let chosen = offered.first(where: { known.contains($0) }) else {
            throw HTTPFailure(403, "none of the subprotocols \(offered) is known for this request")
        }
        return chosen
    }

    /// The ports of the query, or those that the RPC named.
    private static func ports(_ head: HTTPHead, _ request: PortForwardRequest) -> [UInt16] {
        let asked = head.query.split(at: "&").compactMap { $0.removing(prefix: "port=") }
            .flatMap { $0.split(at: ",") }.flatMap { $0.split(atText: "%2C") }
            .compactMap { UInt16($0) }
        return asked.isEmpty ? request.port.compactMap { UInt16(exactly: $0) } : asked
    }

    private static func switching(_ key: String, to chosen: String) -> ByteBuffer {
        let identity = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        let accept = Base64.encode(SHA1.digest(Array((key + identity).utf8)))
        var text =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        text += "Sec-WebSocket-Accept: \(accept)\r\n"
        if !chosen.isEmpty { text += "Sec-WebSocket-Protocol: \(chosen)\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }
}
