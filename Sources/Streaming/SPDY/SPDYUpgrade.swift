internal import Model
internal import NIOCore
internal import Text

/// The upgrade to SPDY/3.1, on which both sides agree on a version of Kubernetes' protocol in the
/// header `X-Stream-Protocol-Version`.
extension Connection {
    static let commandVersions = [
        "v4.channel.k8s.io": 4, "v3.channel.k8s.io": 3, "v2.channel.k8s.io": 2, "channel.k8s.io": 1,
    ]
    static let forwardProtocol = "portforward.k8s.io"

    func serveSPDY(
        _ head: HTTPHead, _ source: SocketSource, _ link: Link, _ established: Flag
    ) async throws {
        let isForward = head.path.begins(with: "/portforward/")
        let known = isForward ? [Self.forwardProtocol] : Array(Self.commandVersions.keys)
        let offered = head.list("x-stream-protocol-version")
        // Who offers nothing is older than the negotiation.
        let chosen = offered.first { known.contains($0) } ?? (offered.isEmpty ? known.last : nil)
        guard let chosen else {
            throw HTTPFailure(403, "none of the protocols \(offered) is known for this request")
        }
        let request = try redeem(head)
        try await link.write([Self.switching(to: offered.isEmpty ? nil : chosen)])
        let version = offered.isEmpty ? 1 : Self.commandVersions[chosen] ?? 1
        try await speakSPDY(request, version, source, link, established)
    }

    /// Serves a request on a connection that speaks SPDY.
    func speakSPDY(
        _ request: StreamingRequest, _ version: Int, _ source: any ByteSource, _ link: Link,
        _ established: Flag
    ) async throws {
        let peer = try SPDYPeer(source, link)
        guard let (streams, open) = command(request) else {
            guard case .portForward(let forward) = request else { return }
            established.set()
            return try await SPDYForwardConnection(
                peer: peer, link: link, sandbox: forward.podSandboxId, backend: backend,
                creationTimeout: settings.creationTimeout
            ).run()
        }
        let wire = SPDYCommandWire(link)
        try await SPDYCommandConnection(
            peer: peer, link: link, wire: wire,
            session: CommandSession(version: version, wire: wire, open: open),
            expected: streams.channels(version: version),
            established: { established.set() }
        ).run()
    }

    private static func switching(to version: String?) -> ByteBuffer {
        var text =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
        if let version { text += "X-Stream-Protocol-Version: \(version)\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }
}
