internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text

extension Trust {
    /// Reads the names in a directory of containers-certs.d(5): `*.crt` are authorities, `NAME.cert`
    /// and `NAME.key` a client certificate, of which the first by name counts.
    /// - Throws: `GantryError` (`failedPrecondition`) for a certificate without its key.
    init(directory: String) throws {
        self.init()
        let names = try Files.list(directory)
        authorities = names.filter { $0.ends(with: ".crt") }.map { PEM("\(directory)/\($0)") }
        guard let name = names.first(where: { $0.ends(with: ".cert") }) else { return }
        let key = "\(name.removing(suffix: "cert") ?? "")key"
        guard names.contains(key) else {
            throw GantryError(
                .failedPrecondition,
                "\(directory): \(name) has no \(key); a file of authorities ends in .crt")
        }
        certificate = PEM("\(directory)/\(name)")
        self.key = PEM("\(directory)/\(key)")
    }

    /// With the content of its files.
    /// - Throws: `GantryError` (`failedPrecondition`) that names the file that cannot be read.
    func loaded() throws(GantryError) -> Trust {
        var trust = Trust()
        for authority in authorities {
            trust.authorities.append(try Self.load(authority, "authority"))
        }
        trust.certificate = try certificate.map { (file) throws(GantryError) in
            try Self.load(file, "certificate")
        }
        trust.key = try key.map { (file) throws(GantryError) in try Self.load(file, "key") }
        return trust
    }

    private static func load(_ file: PEM, _ what: String) throws(GantryError) -> PEM {
        do {
            return PEM(file.path, try Files.read(file.path))
        } catch {
            throw GantryError(.failedPrecondition, "\(what) \(file.path)", cause: error)
        }
    }
}
