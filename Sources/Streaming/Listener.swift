internal import Model
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization
internal import System

typealias SocketChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

/// The listening socket and the threads that wait for it and its connections.
struct Listener: Sendable {
    let threads: MultiThreadedEventLoopGroup
    let channel: NIOAsyncChannel<SocketChannel, Never>
    /// `http` or `https`.
    let scheme: String
    /// What new connections are encrypted with.
    let certificate: RenewableCertificate

    static func bind(_ settings: StreamingSettings) async throws -> Listener {
        let tls = try await Blocking.run { try context(settings) }
        let certificate = RenewableCertificate(tls)
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            let channel = try await bootstrap(threads).bind(
                host: settings.address, port: Int(settings.port)
            ) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try wrap(channel, settings, certificate.context)
                }
            }
            return Listener(
                threads: threads, channel: channel,
                scheme: certificate.context == nil ? "http" : "https", certificate: certificate)
        } catch {
            try? await threads.shutdownGracefully()
            throw GantryError(
                .unavailable,
                "cannot serve streams on \(settings.address), port \(settings.port)", cause: error)
        }
    }

    private static func bootstrap(_ threads: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: threads)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 2 << 10, initial: 16 << 10, maximum: 128 << 10)
            )
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
    }

    private static func wrap(
        _ channel: any Channel, _ settings: StreamingSettings, _ tls: NIOSSLContext?
    ) throws -> SocketChannel {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        let limit = TimeAmount(settings.idleTimeout)
        try pipeline.addHandler(IdleStateHandler(allTimeout: limit))
        try pipeline.addHandler(IdleCloser())
        return try SocketChannel(wrappingChannelSynchronously: channel)
    }

    static func context(_ settings: StreamingSettings) throws -> NIOSSLContext? {
        guard let certificate = settings.certificate else { return nil }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate)
            let key = try NIOSSLPrivateKey(file: settings.key ?? certificate, format: .pem)
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            tls.minimumTLSVersion = settings.needsTLS13 ? .tlsv13 : .tlsv12
            if let authorities = settings.clientCA {
                tls.trustRoots = .file(authorities)
                tls.certificateVerification = .noHostnameVerification
            }
            return try NIOSSLContext(configuration: tls)
        } catch {
            throw GantryError(
                .invalidArgument, "cannot use the certificate \(certificate)",
                cause: error)
        }
    }
}

/// The certificate, which may be renewed while connections are there.
final class RenewableCertificate: Sendable {
    private let current: Mutex<NIOSSLContext?>

    init(_ context: NIOSSLContext?) {
        current = Mutex(context)
    }

    var context: NIOSSLContext? { current.withLock { $0 } }

    func renew(_ context: NIOSSLContext) {
        current.withLock { $0 = context }
    }
}

/// Closes a connection on which nothing has been sent for too long.
private final class IdleCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
