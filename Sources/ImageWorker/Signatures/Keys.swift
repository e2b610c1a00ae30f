internal import Archive
internal import ImageProtocol
internal import Model
internal import OpenPGP

extension SignatureRequirement.Key {
    /// - Throws: `SignatureError` that names policy and key, for what is no key.
    func publicKey(_ policy: String) throws(SignatureError) -> PublicKey {
        do {
            return try PublicKey(pem: content)
        } catch {
            throw SignatureError("\(policy): \(name): \(error)")
        }
    }

    static func keyring(_ keys: [Self], _ policy: String) throws(SignatureError) -> Keyring {
        for key in keys {
            do {
                _ = try Keyring([key.content])
            } catch {
                throw SignatureError("\(policy): \(key.name): \(error)")
            }
        }
        do {
            return try Keyring(keys.map(\.content))
        } catch {
            throw SignatureError("\(policy): \(error)")
        }
    }
}

extension SignatureRequirement {
    /// - Throws: `SignatureError` for a key that cannot be used.
    func checkKeys(_ policy: String) throws(SignatureError) {
        switch self {
        case .sigstoreSigned(let keys, _):
            for key in keys { _ = try key.publicKey(policy) }
        case .signedBy(let keys, _): _ = try Key.keyring(keys, policy)
        case .insecureAcceptAnything, .reject, .unsupported: break
        }
    }
}
