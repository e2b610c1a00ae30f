internal import Model

/// Whether bytes look like a key, for a policy that names them: what is in them is for the process that
/// checks signatures to read.
enum KeyShape {
    /// RFC 7468, 13: a SubjectPublicKeyInfo.
    static func checkPEM(_ content: [UInt8]) throws(GantryError) {
        guard String(decoding: content, as: UTF8.self).contains("-----BEGIN PUBLIC KEY-----") else {
            throw GantryError(.invalidArgument, "this is no public key in PEM")
        }
    }

    /// RFC 4880: armored (6.2), or beginning with a packet of a public key (4.2 and 4.3).
    static func checkOpenPGP(_ content: [UInt8]) throws(GantryError) {
        let armor = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
        if String(decoding: content, as: UTF8.self).contains(armor) { return }
        let head = content.first ?? 0
        let tag = head & 0x40 == 0 ? head >> 2 & 0xf : head & 0x3f
        guard head & 0x80 != 0, tag == 6 else {
            throw GantryError(.invalidArgument, "these are no keys of OpenPGP")
        }
    }
}
