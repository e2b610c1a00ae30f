internal import Kernel
internal import Model
internal import Text

/// How a registry proves who it is, and we to it, beside what the system trusts.
struct Trust: Hashable, Sendable {
    /// PEM files of authorities, besides the system's.
    var authorities: [String] = []
    /// PEM file of the client certificate.
    var certificate: String?
    /// PEM file of its key; nil when the certificate's file holds it too.
    var key: String?

    init() {}

    /// Reads the names in a directory of containers-certs.d(5): `*.crt` are authorities, `NAME.cert`
    /// and `NAME.key` a client certificate, of which the first by name counts.
    /// - Throws: `GantryError` (`failedPrecondition`) for a certificate without its key.
    init(directory: String) throws {
        let names = try Files.list(directory)
        authorities = names.filter { $0.ends(with: ".crt") }.map { "\(directory)/\($0)" }
        guard let name = names.first(where: { $0.ends(with: ".cert") }) else { return }
        let key = "\(name.removing(suffix: "cert") ?? "")key"
        guard names.contains(key) else {
            throw GantryError(
                .failedPrecondition,
                "\(directory): \(name) has no \(key); a file of authorities ends in .crt")
        }
        certificate = "\(directory)/\(name)"
        self.key = "\(directory)/\(key)"
    }
}
