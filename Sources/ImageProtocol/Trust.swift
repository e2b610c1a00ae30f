internal import Model

/// How a registry proves who it is, and we to it, beside what the system trusts.
public struct Trust: Hashable, Sendable {
    /// A file of certificates or a key (RFC 7468). Who connects has its content and not the file.
    public struct PEM: Hashable, Sendable {
        public let path: String
        public let content: [UInt8]

        public init(_ path: String, _ content: [UInt8] = []) {
            self.path = path
            self.content = content
        }
    }

    /// Authorities besides the system's.
    public var authorities: [PEM] = []
    /// The client certificate.
    public var certificate: PEM?
    /// Its key; nil when the certificate's file holds it too.
    public var key: PEM?

    public init() {}
}

extension Trust {
    func put(into wire: inout WireWriter) {
        wire.put(authorities) { $1.put(into: &$0) }
        wire.put([certificate, key].map { $0.map { [$0] } ?? [] }) { wire, files in
            wire.put(files) { $1.put(into: &$0) }
        }
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init()
        authorities = try Self.files(&wire)
        let pair = try wire.list { (wire: inout WireReader) throws(GantryError) in
            try Self.files(&wire).first
        }
        guard pair.count == 2 else { throw WireReader.malformed("a certificate has no key") }
        (certificate, key) = (pair[0], pair[1])
    }

    private static func files(_ wire: inout WireReader) throws(GantryError) -> [PEM] {
        try wire.list { (wire: inout WireReader) throws(GantryError) in
            PEM(try wire.text(), try wire.content())
        }
    }
}

extension Trust.PEM {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(path)
        wire.put(content)
    }
}
