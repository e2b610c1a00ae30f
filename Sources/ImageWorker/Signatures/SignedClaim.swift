internal import Archive
internal import ImageProtocol
internal import Model

/// What a signature says that is known to be by a key that counts: which image was signed, and under
/// which name (containers-signature(5), whose form cosign's has too).
struct SignedClaim {
    let payload: [UInt8]
    /// The digest that the signature was filed under.
    let subject: Digest
    /// What the payload must say that it is.
    let type: String

    private var critical: JSONValue? { (try? JSONValue(parsing: payload))?["critical"] }

    var identity: String? { critical?["identity"]?["docker-reference"]?.string }

    func speaks(of reference: Reference, _ wanted: SignedIdentity) -> Bool {
        guard let identity else { return false }
        return critical?["type"]?.string == type
            && critical?["image"]?["docker-manifest-digest"]?.string == subject.description
            && wanted.accepts(identity, for: reference)
    }
}
