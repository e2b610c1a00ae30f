internal import Archive
internal import ImageProtocol
internal import Model
internal import OpenPGP
internal import System

/// Finds an image's signatures and holds them against the policy.
struct SignatureCheck: Sendable {
    /// What the policy wants of the image; all of it must hold.
    let requirements: [SignatureRequirement]
    /// What errors call the policy.
    let policy: String
    let session: RegistrySession
    /// GPG signatures.
    let beside: SimpleSignatures

    /// More are not looked at, so that a registry cannot keep us here for ever.
    static let mostSignatures = 64
    private static let largestPayload = 1 << 20

    /// What a requirement's keys say of an image.
    private struct Found {
        var count = 0
        /// Of those that are by one of the keys.
        var claims: [SignedClaim] = []
        /// What is wrong with one of the others.
        var reason = ""

        func speaks(of reference: Reference, _ identity: SignedIdentity) -> Bool {
            claims.contains { $0.speaks(of: reference, identity) }
        }
    }

    /// - Returns: what was found to hold, by this name and by the name with the digest.
    /// - Throws: `SignatureError` when a requirement does not hold; as `RegistrySession.get`.
    func run(
        _ reference: Reference, _ resolved: ImageResolver.Resolved
    ) async throws -> [VerifiedRequirement] {
        // The index names the manifest by its digest: who signed the one has signed the other.
        let digests = Set([resolved.digest, resolved.manifestDigest].compactMap { $0 })
        let pinned = resolved.digest.map(reference.at)
        var verified: [VerifiedRequirement] = []
        for (number, requirement) in requirements.enumerated() {
            let found: Found
            let identity: SignedIdentity
            switch requirement {
            case .sigstoreSigned(let keys, let wanted):
                let keys = try keys.map { try $0.publicKey(policy) }
                (found, identity) = (try await self.found(digests, by: keys), wanted)
            case .signedBy(let keys, let wanted):
                let keys = try SignatureRequirement.Key.keyring(keys, policy)
                (found, identity) = (try await self.found(digests, by: keys, reference), wanted)
            case .insecureAcceptAnything: continue
            // The daemon asks for no such image.
            case .reject: throw SignatureError("\(policy) rejects \(reference)")
            case .unsupported(let what):
                throw SignatureError("\(policy): \(what) is not supported, so it is refused")
            }
            try judge(found, reference, identity)
            verified.append(VerifiedRequirement(number: number, name: .asked))
            if let pinned, found.speaks(of: pinned, identity) {
                verified.append(VerifiedRequirement(number: number, name: .pinned))
            }
        }
        return verified
    }

    private func found(_ digests: Set<Digest>, by keys: [PublicKey]) async throws -> Found {
        var found = Found()
        for digest in digests {
            try await SigstoreSignatures(session: session).each(of: digest) { signature in
                found.count += 1
                if keys.contains(where: { $0.verifies(signature.bytes, of: signature.payload) }) {
                    found.claims.append(signature.claim)
                }
            }
        }
        return found
    }

    private func found(
        _ digests: Set<Digest>, by keys: Keyring, _ reference: Reference
    ) async throws -> Found {
        var found = Found()
        for digest in digests {
            try await beside.each(of: digest, reference) { message in
                found.count += 1
                do {
                    let payload = try await Blocking.run {
                        try keys.content(of: message, limit: Self.largestPayload)
                    }
                    found.claims.append(
                        SignedClaim(
                            payload: payload, subject: digest, type: "atomic container signature"))
                } catch {
                    found.reason = ": \(error)"
                }
            }
        }
        return found
    }

    private func judge(
        _ found: Found, _ reference: Reference, _ identity: SignedIdentity
    ) throws(SignatureError) {
        if found.speaks(of: reference, identity) { return }
        if found.count == 0 {
            throw SignatureError("\(reference) has no signature, and \(policy) wants one")
        }
        if found.claims.isEmpty {
            throw SignatureError(
                "none of \(found.count) signatures is by a key of \(policy)\(found.reason)")
        }
        let names = found.claims.compactMap(\.identity).map { "\"\($0)\"" }
        throw SignatureError(
            "\(reference) is signed as \(names.joined(separator: ", ")), "
                + "which \(policy) does not accept")
    }
}
