internal import Kernel
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Service
internal import Streaming
internal import System
internal import Text

/// Prometheus' ways in: `GET /metrics` over HTTP or HTTPS on an address, and over HTTP on a unix socket.
struct MetricsEndpoint: Sendable {
    private let threads: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    private let tls: ServerTLS?

    /// - Parameters:
    ///   - settings: say where; nil is returned when they say nowhere.
    ///   - page: makes what is answered.
    /// - Throws: `GantryError` (`unavailable`) when nobody can listen there.
    static func start(
        _ settings: Settings, page: @escaping @Sendable () -> String
    ) async throws -> MetricsEndpoint? {
        if settings.metricsAddress.isEmpty && settings.metricsSocket.isEmpty { return nil }
        let tls = try await Blocking.run { try ServerTLS(settings.metricsTLS) }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var channels: [any Channel] = []
        do {
            if !settings.metricsAddress.isEmpty {
                channels.append(
                    try await listen(on: settings.metricsAddress, server(threads, tls, page)))
            }
            if !settings.metricsSocket.isEmpty {
                channels.append(
                    try await MetricsSocket(settings).listen(server(threads, nil, page)))
            }
            return MetricsEndpoint(threads: threads, channels: channels, tls: tls)
        } catch {
            for channel in channels { try? await channel.close() }
            try? await threads.shutdownGracefully()
            throw error
        }
    }

    private static func server(
        _ threads: MultiThreadedEventLoopGroup, _ tls: ServerTLS?,
        _ page: @escaping @Sendable () -> String
    ) -> ServerBootstrap {
        ServerBootstrap(group: threads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.protect(channel)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(MetricsHandler(page: page))
                }
            }
    }

    /// - Parameter address: `HOST:PORT`, or `[ADDRESS]:PORT` for IPv6.
    private static func listen(
        on address: String, _ server: ServerBootstrap
    ) async throws -> any Channel {
        guard let (host, port) = split(address) else {
            throw GantryError(.invalidArgument, "metrics_address \"\(address)\" is no HOST:PORT")
        }
        do {
            return try await server.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
        } catch {
            throw GantryError(.unavailable, "cannot serve metrics on \(address)", cause: error)
        }
    }

    /// Reads the certificate anew.
    /// - Throws: `GantryError` for one that cannot be used.
    func renewCertificate(_ settings: Settings) async throws {
        guard let tls else { return }
        try await Blocking.run { try tls.renew(settings.metricsTLS) }
    }

    func stop(_ settings: Settings) async {
        for channel in channels { try? await channel.close() }
        if !settings.metricsSocket.isEmpty { try? Files.remove(settings.metricsSocket) }
        try? await threads.shutdownGracefully()
    }

    static func split(_ address: String) -> (host: String, port: Int)? {
        guard let (head, tail) = address.cutLast(at: ":"), let port = UInt16(tail) else {
            return nil
        }
        let host = head.removing(prefix: "[")?.removing(suffix: "]") ?? head
        return host.isEmpty ? nil : (String(host), Int(port))
    }
}

/// Answers one request after the other on a connection.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let page: @Sendable () -> String
    private var request: HTTPRequestHead?

    init(page: @escaping @Sendable () -> String) {
        self.page = page
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            if let request { answer(request, context) }
            request = nil
        }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isKnown = request.uri.split(at: "?").first == "/metrics"
        let isRead = request.method == .GET || request.method == .HEAD
        let status: HTTPResponseStatus =
            !isKnown ? .notFound : isRead ? .ok : .methodNotAllowed
        let body = status == .ok ? page() : "\(status.code) \(status.reasonPhrase)\n"
        var head = HTTPResponseHead(version: request.version, status: status)
        head.headers.add(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
        head.headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            let bytes = context.channel.allocator.buffer(string: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !request.isKeepAlive { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
