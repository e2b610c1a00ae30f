import Model

@testable import ImageProtocol

/// What the daemon and the process that handles images say to each other. The daemon believes that
/// process nothing.
extension FuzzTarget {
    static let imageMessages = FuzzTarget(
        "image-messages",
        seeds: ImageMessageSamples.answers.map { [0] + $0.encoded(serial: 7) }
            + ImageMessageSamples.requests.map { [1] + $0.encoded(serial: 7) }
    ) { input in
        let message = Array(input.dropFirst())
        if input.first == 1 {
            let (serial, request) = try ImageRequest.decode(message)
            let again = try ImageRequest.decode(request.encoded(serial: serial))
            demand(again == (serial, request), "a request differs when it is read again")
        } else {
            let (serial, answer) = try ImageAnswer.decode(message)
            let again = try ImageAnswer.decode(answer.encoded(serial: serial))
            demand(again == (serial, answer), "an answer differs when it is read again")
        }
    }
}

private enum ImageMessageSamples {
    static let digest = Digest(.sha256, bytes: [UInt8](repeating: 0xab, count: 32)[...])

    static var answers: [ImageAnswer] {
        let layer = ImageDescription.Layer(digest: digest, size: 5, chain: digest.description)
        return [
            .ready(missing: ["Landlock"]), .progress(received: 9), .done,
            .resolved(
                ImageDescription(
                    digest: digest, manifestDigest: nil, mediaType: "a/b", id: digest,
                    document: [1, 2], layers: [layer],
                    verified: [VerifiedRequirement(number: 1, name: .pinned)])),
            .unpacked(UnpackedDescription(diffID: digest, bytes: 1, inodes: 2, contents: 3)),
            .fitted(FittedDescription(bytes: 1, contents: nil)), .measured(4),
            .indexed(IndexDescription(digest: digest, size: 1, files: 2)), .packed(digest),
            .written(WrittenImage(id: digest, manifest: digest)),
            .failed(ImageFailure(.transfer(isAnswered: true), "broken")),
        ]
    }

    static var requests: [ImageRequest] {
        var endpoint = Endpoint(scheme: .https, host: "r.example", repository: "a")
        endpoint.headers = ["X-A: 1"]
        endpoint.trust.authorities = [Trust.PEM("ca", [1])]
        let key = SignatureRequirement.Key(name: "k", content: [1])
        let credentials = Credentials.basic(user: "u", password: "p")
        let layer = StoredLayers.Layer(chain: "c", diffID: digest)
        let image = StoredLayers(document: [1, 2], layers: [layer])
        let named = (try? Reference.parse("a/b:1")).map { name -> [ImageRequest] in
            [
                .resolve(
                    ResolveRequest(
                        reference: name, endpoint: endpoint, credentials: credentials,
                        requirements: [.signedBy([key], .matchExact), .reject], policy: "p",
                        lookaside: "https://l", settings: FetchSettings())),
                .push(
                    PushRequest(
                        reference: name, endpoint: endpoint, credentials: credentials,
                        image: image, settings: FetchSettings())),
            ]
        }
        return (named ?? []) + [
            .keep(layer: 1), .knowTar(chain: "c"), .index(chains: ["a", "b"]),
            .pack(chain: "c", limit: 9), .compress(layer, .zstd),
            .export(image, names: ["a/b:1"]), .packCheckpoint,
            .openArchive(ArchiveRequest(isDirectory: true, name: "a", settings: FetchSettings())),
            .chooseImage(1), .unpack(layer: 2), .know(chain: "c"),
            .fit(chain: "c", below: ["b", "a"]), .measure, .checkKeys([.reject]), .forget,
            .cancel(serial: 3),
        ]
    }
}
