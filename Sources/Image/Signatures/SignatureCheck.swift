internal import Archive
internal import Model
internal import OpenPGP
internal import System

/// Finds an image's signatures and holds them against the policy.
struct SignatureCheck: Sendable {
    let policy: SignaturePolicy
    let session: RegistrySession
    let client: HTTPClient
    /// The directory of containers-registries.d(5).
    let lookaside: String

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

        func speaks(of reference: Reference, _ requirement: SignaturePolicy.Requirement) -> Bool {
            switch requirement {
            case .sigstoreSigned(_, let identity), .signedBy(_, let identity):
                claims.contains { $0.speaks(of: reference, identity) }
            case .insecureAcceptAnything, .reject, .unsupported: false
            }
        }
    }

    /// - Returns: marks of what was found to hold, by this name and by the name with the digest.
    /// - Throws: `SignatureError` when a requirement does not hold; as `RegistrySession.get`.
    func run(
        _ reference: Reference, _ resolved: ImageResolver.Resolved
    ) async throws -> Set<String> {
        let wanted = policy.requirements(for: reference)
        guard wanted != [.insecureAcceptAnything] else { return [] }
        try policy.checkName(reference)
        // The index names the manifest by its digest: who signed the one has signed the other.
        let digests = Set([resolved.digest, resolved.manifestDigest].compactMap { $0 })
        let pinned = resolved.digest.map {
            Reference(domain: reference.domain, path: reference.path, tag: nil, digest: $0)
        }
        let names = [reference] + [pinned].compactMap { $0 }
        var marks: Set<String> = []
        for requirement in wanted {
            let found: Found
            switch requirement {
            case .sigstoreSigned(let keys, let identity):
                found = try await self.found(digests, by: keys)
                try judge(found, reference, identity)
            case .signedBy(let keys, let identity):
                found = try await self.found(digests, by: keys, reference)
                try judge(found, reference, identity)
            case .insecureAcceptAnything, .reject, .unsupported: continue
            }
            marks.formUnion(
                names.filter { found.speaks(of: $0, requirement) }.compactMap(requirement.mark))
        }
        return marks
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
        let signatures = SimpleSignatures(lookaside: try await places(), client: client)
        for digest in digests {
            try await signatures.each(of: digest, reference) { message in
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

    private func places() async throws -> Lookaside {
        do {
            return try await Blocking.run { try Lookaside(directory: lookaside) }
        } catch {
            throw SignatureError("\(error)")
        }
    }

    private func judge(
        _ found: Found, _ reference: Reference, _ identity: SignedIdentity
    ) throws(SignatureError) {
        if found.claims.contains(where: { $0.speaks(of: reference, identity) }) { return }
        if found.count == 0 {
            throw SignatureError("\(reference) has no signature, and \(policy.source) wants one")
        }
        if found.claims.isEmpty {
            throw SignatureError(
                "none of \(found.count) signatures is by a key of \(policy.source)\(found.reason)")
        }
        let names = found.claims.compactMap(\.identity).map { "\"\($0)\"" }
        throw SignatureError(
            "\(reference) is signed as \(names.joined(separator: ", ")), "
                + "which \(policy.source) does not accept")
    }
}
