internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Streaming

/// POSTs one body after the other, each over a connection of its own.
struct TraceClient: Sendable {
    private let endpoint: TraceEndpoint
    private let tls: ClientTLS?
    private let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private static let patience = TimeAmount.seconds(10)

    /// - Parameter tls: for an endpoint that has it.
    init(_ endpoint: TraceEndpoint, _ tls: ClientTLS?) {
        self.endpoint = endpoint
        self.tls = tls
    }

    /// - Throws: when there is no connection, or another answer than 2xx within ten seconds.
    func post(_ body: [UInt8]) async throws {
        let answered = threads.next().makePromise(of: HTTPResponseStatus.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: threads).connectTimeout(Self.patience)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try tls?.protect(channel, to: endpoint.host)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(AnswerHandler(answered))
                    }
                }.connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            answered.fail(error)
            throw error
        }
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.path)
        head.headers.add(name: "Host", value: endpoint.authority)
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        head.headers.add(name: "Connection", value: "close")
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        let bytes = channel.allocator.buffer(bytes: body)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(bytes)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        let status = try await answered.futureResult.get()
        channel.close(promise: nil)
        guard (200..<300).contains(status.code) else {
            throw GantryError(.unavailable, "HTTP \(status.code)")
        }
    }

    func stop() async {
        try? await threads.shutdownGracefully()
    }
}

/// Takes the status of the answer; the rest says nothing that is wanted.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answered: EventLoopPromise<HTTPResponseStatus>

    init(_ answered: EventLoopPromise<HTTPResponseStatus>) {
        self.answered = answered
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { answered.succeed(head.status) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered.fail(GantryError(.unavailable, "the connection ended without an answer"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answered.fail(error)
        context.close(promise: nil)
    }
}
