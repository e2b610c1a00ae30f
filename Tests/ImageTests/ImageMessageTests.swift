import Model
import Testing

@testable import Image
@testable import ImageProtocol

/// The daemon takes what `gantry-images` says for a stranger's bytes.
struct ImageMessageTests {
    private let digest = Digest(.sha256, bytes: [UInt8](repeating: 0xab, count: 32)[...])

    private func resolved(layers: Int) -> ImageAnswer {
        let layer = ImageDescription.Layer(digest: digest, size: .max, chain: "\(digest)")
        return .resolved(
            ImageDescription(
                digest: digest, manifestDigest: nil, mediaType: "", id: digest, document: [1],
                layers: Array(repeating: layer, count: layers),
                verified: [
                    VerifiedRequirement(number: 0, name: .asked),
                    VerifiedRequirement(number: .max, name: .pinned),
                ]))
    }

    @Test func answersAreReadAsTheyWereWritten() throws {
        let answers: [ImageAnswer] = [
            .ready(missing: ["a"]), .progress(received: .max), .done, resolved(layers: 500),
            .unpacked(UnpackedDescription(diffID: digest, bytes: 1, inodes: 2, contents: nil)),
            .fitted(FittedDescription(bytes: .max, contents: 3)), .measured(0),
            .indexed(IndexDescription(digest: digest, size: 1, files: .max)),
            .packed(digest), .written(WrittenImage(id: digest, manifest: digest)),
            .failed(ImageFailure(.signature, "no")),
        ]
        for answer in answers {
            let (serial, read) = try ImageAnswer.decode(answer.encoded(serial: .max))
            #expect(serial == .max && read == answer)
        }
    }

    @Test(arguments: [Double.nan, -.nan, .signalingNaN, .infinity, -.infinity])
    func aShareThatIsNoFiniteNumberIsRefused(share: Double) throws {
        var settings = FetchSettings()
        #expect(throws: Never.self) { try Self.read(settings) }
        settings.longLayers.idleShare = share
        #expect(throws: GantryError.self) { try Self.read(settings) }
    }

    private static func read(_ settings: FetchSettings) throws {
        let archive = ArchiveRequest(isDirectory: false, name: nil, settings: settings)
        _ = try ImageRequest.decode(ImageRequest.openArchive(archive).encoded(serial: 1))
    }

    @Test func everyCutIsRefused() throws {
        let whole = resolved(layers: 2).encoded(serial: 1)
        for length in whole.indices {
            #expect(throws: GantryError.self) {
                _ = try ImageAnswer.decode(Array(whole[..<length]))
            }
        }
        #expect(throws: GantryError.self) { _ = try ImageAnswer.decode(whole + [0]) }
    }

    @Test func aNameOfAnotherKindIsRefused() {
        var message = resolved(layers: 0).encoded(serial: 1)
        message[message.count - 8] = 2
        #expect(throws: GantryError.self) { _ = try ImageAnswer.decode(message) }
    }

    @Test func tooManyLayersAreRefused() {
        #expect(throws: GantryError.self) {
            _ = try ImageAnswer.decode(resolved(layers: 501).encoded(serial: 1))
        }
    }

    /// A chain becomes the name of a directory.
    @Test func aChainIsADigest() {
        let layer = ImageDescription.Layer(digest: digest, size: 1, chain: "sha256:../../etc")
        let image = ImageDescription(
            digest: nil, manifestDigest: nil, mediaType: "", id: digest, document: [],
            layers: [layer])
        #expect(throws: GantryError.self) {
            _ = try ImageAnswer.decode(ImageAnswer.resolved(image).encoded(serial: 1))
        }
    }
}
