internal import Archive
internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System
internal import Text

/// GPG signatures of images, as they are kept beside a registry: `signature-1`, `signature-2` and so
/// on, to the first that is not there (containers-signature(5)).
struct SimpleSignatures: Sendable {
    /// The URL below which they are.
    let lookaside: String
    /// That directory, where it is one of this node; nil where there is none.
    let directory: OpenFile?
    let client: HTTPClient

    private static let largest = 1 << 20
    private static let mostRedirects = 10

    /// Hands on signed messages, none of them checked, each as it comes.
    /// - Throws: `SignatureError` when it cannot be found out which there are.
    func each(
        of digest: Digest, _ reference: Reference, _ body: ([UInt8]) async -> Void
    ) async throws {
        let name = "\(reference.path)@\(digest.algorithm.rawValue)=\(digest.hex)"
        for number in 1...SignatureCheck.mostSignatures {
            let path = "\(name)/signature-\(number)"
            let url = "\(lookaside)/\(path)"
            do {
                guard let message = try await fetch(url, path) else { return }
                await body(message)
            } catch let error as CancellationError {
                throw error
            } catch {
                throw SignatureError("signature \(printable(url)): \(error)")
            }
        }
    }

    /// Nil when there is none.
    private func fetch(_ url: String, _ path: String) async throws -> [UInt8]? {
        if !url.begins(with: "file://") { return try await download(url) }
        guard let directory else { return nil }
        return try await Blocking.run { try directory.withPath { try Self.read("\($0)/\(path)") } }
    }

    private static func read(_ path: String) throws -> [UInt8]? {
        let file: FilePart
        do throws(SystemError) {
            let place = try Files.open(path, GANTRY_O_PATH)
            file = try FilePart(whole: Files.reopenRegular(place, path), path)
        } catch {
            if [ENOENT, ENOTDIR].contains(error.errno) { return nil }
            throw error
        }
        return try file.read(limit: largest)
    }

    /// Whoever serves a signature cannot change it, so redirects may lead anywhere.
    private func download(_ start: String) async throws -> [UInt8]? {
        var url = start
        for _ in 0...Self.mostRedirects {
            let response = try await client.send(
                HTTPRequest(url: url), .collect(limit: Self.largest))
            if response.isSuccess { return response.body }
            if response.status == 404 { return nil }
            guard (300..<400).contains(response.status), let next = response.location,
                next.begins(with: "http://") || next.begins(with: "https://")
            else { throw GantryError(.unavailable, "HTTP \(response.status)") }
            url = next
        }
        throw GantryError(.unavailable, "it redirects more than \(Self.mostRedirects) times")
    }
}
