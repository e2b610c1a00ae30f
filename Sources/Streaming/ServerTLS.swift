public import NIOCore
internal import NIOSSL

/// TLS for another server of the daemon, with a certificate that can be renewed meanwhile.
public struct ServerTLS: Sendable {
    private let certificate: RenewableCertificate

    /// - Returns: nil without a certificate.
    /// - Throws: `GantryError` (`invalidArgument`) for files that cannot be used. Blocks.
    public init?(_ settings: StreamingSettings) throws {
        guard let context = try Listener.context(settings) else { return nil }
        certificate = RenewableCertificate(context)
    }

    /// Reads the files anew, for the connections to come. Blocks.
    /// - Throws: as `init`; then the certificate so far stays.
    public func renew(_ settings: StreamingSettings) throws {
        if let context = try Listener.context(settings) { certificate.renew(context) }
    }

    /// Encrypts a connection that has just been accepted, on its event loop.
    public func protect(_ channel: any Channel) throws {
        guard let context = certificate.context else { return }
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }
}
