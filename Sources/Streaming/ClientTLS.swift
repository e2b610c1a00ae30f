public import Model
public import NIOCore
internal import NIOSSL

/// TLS for what the daemon itself connects to.
public struct ClientTLS: Sendable {
    private let context: NIOSSLContext

    /// Blocks.
    /// - Parameter ca: a PEM file with the authorities to trust; nil for the system's.
    /// - Throws: `GantryError` (`invalidArgument`) for a file that cannot be used.
    public init(ca: String?, needsTLS13: Bool) throws(GantryError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = needsTLS13 ? .tlsv13 : .tlsv12
        if let ca { tls.trustRoots = .file(ca) }
        do {
            context = try NIOSSLContext(configuration: tls)
        } catch {
            throw GantryError(
                .invalidArgument, "cannot use the authorities of \(ca ?? "the system")",
                cause: error)
        }
    }

    /// Encrypts a connection to `host`, on its event loop. Its certificate has to be for that name or address.
    public func protect(_ channel: any Channel, to host: String) throws {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let handler = try NIOSSLClientHandler(
            context: context, serverHostname: isAddress ? nil : host)
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}
