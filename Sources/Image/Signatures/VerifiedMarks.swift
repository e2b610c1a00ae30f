public import ImageProtocol
public import Model

/// What is kept of the signatures that were found good at a pull, and asked before the image is used.
extension SignaturePolicy {
    /// Whether an image that is on the node may be used under a name: whoever had it pulled, and whatever the
    /// policy was then.
    /// - Parameter verified: the image's, as `PulledImage.verified` had it.
    /// - Throws: `GantryError` (`permissionDenied`), which begins with `SignatureValidationFailed`.
    public func check(_ reference: Reference, verified: Set<String>) throws(GantryError) {
        do throws(SignatureError) {
            try checkName(reference)
            for requirement in requirements(for: reference) {
                guard let mark = requirement.mark(reference), !verified.contains(mark) else {
                    continue
                }
                throw SignatureError(
                    "\(reference) is here without what \(source) wants: it must be pulled under that policy"
                )
            }
        } catch {
            throw GantryError(.permissionDenied, "SignatureValidationFailed: \(error)")
        }
    }

    /// The same of an image that has no name.
    public func checkNameless(_ id: String) throws(GantryError) {
        guard fallback == [.insecureAcceptAnything] else {
            throw GantryError(
                .permissionDenied,
                "SignatureValidationFailed: \(id) has no name, and \(source) does not accept every image"
            )
        }
    }
}

extension SignatureRequirement {
    /// Stands for "this image has a signature by these keys that speaks of that name"; nil where a
    /// requirement asks for no signature. Other keys, or another identity, make another mark.
    func mark(_ reference: Reference) -> String? {
        switch self {
        case .sigstoreSigned(let keys, let identity):
            Self.mark("sigstoreSigned", keys.map(\.content), identity, reference)
        case .signedBy(let keys, let identity):
            Self.mark("signedBy", keys.map(\.content), identity, reference)
        case .insecureAcceptAnything, .reject, .unsupported: nil
        }
    }

    private static func mark(
        _ kind: String, _ keys: [[UInt8]], _ identity: SignedIdentity, _ reference: Reference
    ) -> String {
        var bytes = Array("\(kind) \(identity)".utf8)
        for key in keys { bytes += Array(" \(key.count) ".utf8) + key }
        return "\(Digest.sha256(of: bytes)) \(reference)"
    }
}
