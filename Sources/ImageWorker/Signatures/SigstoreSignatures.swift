internal import Archive
internal import FoundationEssentials
internal import ImageProtocol
internal import Model

/// Signatures in the registry itself: each is a layer of the image that is tagged `sha256-HEX.sig`,
/// after the manifest's digest (cosign, SIGNATURE_SPEC.md).
struct SigstoreSignatures: Sendable {
    let session: RegistrySession

    private static let documentLimit = 1 << 20
    private static let payloadType = "application/vnd.dev.cosign.simplesigning.v1+json"
    private static let annotation = "dev.cosignproject.cosign/signature"

    /// A signature as it was found, with nothing in it believed yet.
    struct Signature: Sendable {
        let bytes: [UInt8]
        let payload: [UInt8]
        /// The digest that it was filed under.
        let subject: Digest

        var claim: SignedClaim {
            SignedClaim(
                payload: payload, subject: subject, type: "cosign container image signature")
        }
    }

    /// Hands each on as it comes: all of them at once could be worth much memory.
    /// - Throws: `SignatureError`; as `RegistrySession.get`.
    func each(of digest: Digest, _ body: (Signature) -> Void) async throws {
        let tag = "\(digest.algorithm.rawValue)-\(digest.hex).sig"
        let types = MediaType.manifests.joined(separator: ", ")
        let response: HTTPResponse
        do {
            response = try await session.get(
                "manifests/\(tag)", ["Accept: \(types)"], .collect(limit: Self.documentLimit))
        } catch let error as GantryError where error.code == .notFound {
            return
        }
        guard let list = try? JSONDecoder().decode(List.self, from: Data(response.body)) else {
            throw SignatureError("the signatures of \(digest) cannot be read")
        }
        for layer in list.layers.prefix(SignatureCheck.mostSignatures)
        where layer.mediaType == Self.payloadType {
            if let found = try await signature(layer, digest) { body(found) }
        }
    }

    /// Nil for one that is none, beside which a good one may stand.
    private func signature(_ layer: List.Layer, _ subject: Digest) async throws -> Signature? {
        guard let digest = try? Digest(parsing: layer.digest),
            let bytes = layer.annotations?[Self.annotation].flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        let payload = try await session.get(
            "blobs/\(digest)", [], .collect(limit: Self.documentLimit), isChecked: true
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
