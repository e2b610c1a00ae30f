internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Text

/// Prometheus' way in: `GET /metrics` over HTTP, on an address of the administrator's choice.
struct MetricsEndpoint: Sendable {
    private let threads: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// - Parameters:
    ///   - address: `HOST:PORT`, or `[ADDRESS]:PORT` for IPv6.
    ///   - page: makes what is answered.
    /// - Throws: `GantryError` (`unavailable`) when nobody can listen there.
    static func start(
        on address: String, page: @escaping @Sendable () -> String
    ) async throws -> MetricsEndpoint {
        guard let (host, port) = split(address) else {
            throw GantryError(.invalidArgument, "metrics_address \"\(address)\" is no HOST:PORT")
        }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = ServerBootstrap(group: threads)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(MetricsHandler(page: page))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            return MetricsEndpoint(threads: threads, channel: channel)
        } catch {
            try? await threads.shutdownGracefully()
            throw GantryError(.unavailable, "cannot serve metrics on \(address)", cause: error)
        }
    }

    func stop() async {
        try? await channel.close()
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
