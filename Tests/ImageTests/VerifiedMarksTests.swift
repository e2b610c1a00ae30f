import Model
import System
import Testing

@testable import Image
@testable import ImageProtocol

/// What the process that handles images says of signatures, and what the daemon makes of it.
struct VerifiedMarksTests {
    private let policy = SignaturePolicy(
        fallback: [
            .insecureAcceptAnything,
            .sigstoreSigned([SignatureRequirement.Key(name: "k", content: [1])], .matchExact),
        ], source: "p")
    private let digest = Digest(.sha256, bytes: [UInt8](repeating: 0xab, count: 32)[...])

    private func image(_ verified: [VerifiedRequirement]) -> ImageDescription {
        let document = Array("{}".utf8)
        return ImageDescription(
            digest: digest, manifestDigest: nil, mediaType: "", id: .sha256(of: document),
            document: document, layers: [], verified: verified)
    }

    private func marks(_ verified: [VerifiedRequirement]) throws -> Set<String> {
        try PullDemand(
            reference: Reference.parse("r.example/a:1"), registries: Registries(),
            credentials: .none, policy: policy, settings: FetchSettings()
        ).marks(image(verified))
    }

    @Test func eachNameHasMarksOfItsOwn() throws {
        let asked = try Reference.parse("r.example/a:1")
        let pinned = asked.at(digest)
        let byName = try marks([VerifiedRequirement(number: 1, name: .asked)])
        let byDigest = try marks([VerifiedRequirement(number: 1, name: .pinned)])
        try policy.check(asked, verified: byName)
        try policy.check(pinned, verified: byDigest)
        let refused: [(Reference, Set<String>)] = [
            (asked, byDigest), (pinned, byName), (asked, []), (pinned, []),
        ]
        for (name, marks) in refused {
            let error = #expect(throws: GantryError.self) {
                try policy.check(name, verified: marks)
            }
            #expect(error?.code == .permissionDenied)
        }
    }

    /// A requirement that wants no signature is no mark for one that does.
    @Test func otherRequirementsMakeNoMarks() throws {
        #expect(try marks([VerifiedRequirement(number: 0, name: .asked)]).isEmpty)
    }

    /// What the daemon takes from a process that answers so.
    private func resolve(_ verified: [VerifiedRequirement]) async throws -> ImageDescription {
        let (ours, theirs) = try FrameSocket.pair()
        let socket = FrameSocket(theirs)
        let worker = ImageWorker(FrameSocket(ours)) { socket.shutDown() }
        defer { socket.shutDown() }
        let image = image(verified)
        try System.Thread.start(name: "daemon") { worker.close(worker.listen() ?? "was ended") }
        try System.Thread.start(name: "worker") {
            guard let (message, _) = try? socket.receive(mostDescriptors: 0),
                let (serial, _) = try? ImageRequest.decode(message)
            else { return }
            try? socket.send(ImageAnswer.resolved(image).encoded(serial: serial))
        }
        let request = ResolveRequest(
            reference: try Reference.parse("r.example/a:1"),
            endpoint: Endpoint(scheme: .https, host: "r.example", repository: "a"),
            credentials: .none, requirements: policy.fallback, policy: "p", lookaside: "",
            settings: FetchSettings())
        return try await worker.resolve(request, lookaside: nil)
    }

    @Test(arguments: [0, 1])
    func numbersThatThereAreCount(_ number: Int) async throws {
        let verified = [VerifiedRequirement(number: number, name: .asked)]
        #expect(try await resolve(verified).verified == verified)
    }

    @Test(arguments: [-1, 2, .min, .max])
    func numbersThatThereAreNotAreRefused(_ number: Int) async throws {
        let error = await #expect(throws: GantryError.self) {
            try await resolve([VerifiedRequirement(number: number, name: .pinned)])
        }
        #expect(error?.code == .internal)
    }
}
