internal import Archive
internal import FoundationEssentials
internal import Model

/// Asks the registry for an image's sigstore signatures and holds them against the policy. A
/// signature is a layer of the image that is tagged `sha256-HEX.sig`, after the manifest's digest
/// (cosign, SIGNATURE_SPEC.md).
struct SignatureCheck: Sendable {
    let policy: SignaturePolicy
    let session: RegistrySession

    private static let documentLimit = 1 << 20
    /// More are not looked at, so that a registry cannot keep us here for ever.
    private static let mostSignatures = 64
    private static let payloadType = "application/vnd.dev.cosign.simplesigning.v1+json"
    private static let annotation = "dev.cosignproject.cosign/signature"

    /// - Throws: `SignatureError` when a requirement does not hold; as `RegistrySession.get`.
    func run(_ reference: Reference, _ resolved: ImageResolver.Resolved) async throws {
        let wanted = policy.requirements(for: reference)
        guard wanted != [.insecureAcceptAnything] else { return }
        try policy.checkName(reference)
        // The index names the manifest by its digest: who signed the one has signed the other.
        let digests = Set([resolved.digest, resolved.manifestDigest].compactMap { $0 })
        var signatures: [Signature] = []
        for digest in digests { signatures += try await self.signatures(of: digest) }
        for case .sigstoreSigned(let keys, let identity) in wanted {
            let valid = signatures.filter { signature in
                keys.contains { $0.verifies(signature.bytes, of: signature.payload) }
            }
            guard valid.contains(where: { $0.speaks(of: reference, identity) }) else {
                throw SignatureError(
                    Self.reason(reference, found: signatures.count, valid: valid, policy.source))
            }
        }
    }

    private static func reason(
        _ reference: Reference, found: Int, valid: [Signature], _ source: String
    ) -> String {
        if found == 0 { return "\(reference) has no signature, and \(source) wants one" }
        if valid.isEmpty { return "none of \(found) signatures is by a key of \(source)" }
        let names = valid.compactMap(\.identity).map { "\"\($0)\"" }.joined(separator: ", ")
        return "\(reference) is signed as \(names), which \(source) does not accept"
    }

    private func signatures(of digest: Digest) async throws -> [Signature] {
        let tag = "\(digest.algorithm.rawValue)-\(digest.hex).sig"
        let types = MediaType.manifests.joined(separator: ", ")
        let response: HTTPResponse
        do {
            response = try await session.get(
                "manifests/\(tag)", ["Accept: \(types)"], .collect(limit: Self.documentLimit))
        } catch let error as GantryError where error.code == .notFound {
            return []
        }
        guard let list = try? JSONDecoder().decode(List.self, from: Data(response.body)) else {
            throw SignatureError("the signatures of \(digest) cannot be read")
        }
        var signatures: [Signature] = []
        for layer in list.layers.prefix(Self.mostSignatures)
        where layer.mediaType == Self.payloadType {
            if let found = try await signature(layer, digest) { signatures.append(found) }
        }
        return signatures
    }

    /// Nil for one that is none, beside which a good one may stand.
    private func signature(_ layer: List.Layer, _ subject: Digest) async throws -> Signature? {
        guard let digest = try? Digest(parsing: layer.digest),
            let bytes = layer.annotations?[Self.annotation].flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        let payload = try await session.get(
            "blobs/\(digest)", [], .collect(limit: Self.documentLimit)
        ).body
        guard Digest(of: payload, digest.algorithm) == digest else { return nil }
        return Signature(bytes: Array(bytes), payload: payload, subject: subject)
    }

    private struct List: Decodable {
        struct Layer: Decodable {
            var mediaType: String?
            var digest: String
            var annotations: [String: String]?
        }
        var layers: [Layer]
    }
}

/// A signature as it was found, with nothing in it believed yet.
private struct Signature {
    let bytes: [UInt8]
    let payload: [UInt8]
    /// The digest that it was filed under.
    let subject: Digest

    /// containers-signature(5): `critical` says what was signed.
    private var critical: JSONValue? { (try? JSONValue(parsing: payload))?["critical"] }

    var identity: String? { critical?["identity"]?["docker-reference"]?.string }

    func speaks(of reference: Reference, _ wanted: SignedIdentity) -> Bool {
        guard let identity else { return false }
        return critical?["type"]?.string == "cosign container image signature"
            && critical?["image"]?["docker-manifest-digest"]?.string == subject.description
            && wanted.accepts(identity, for: reference)
    }
}
