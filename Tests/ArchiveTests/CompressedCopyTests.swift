import Foundation
import ImageProtocol
import Kernel
import Model
import Testing

@testable import Archive

struct CompressedCopyTests {
    private let directory = NSTemporaryDirectory() + "/compressed-\(UUID().uuidString)"

    private func file(_ content: [UInt8]) throws -> FilePart {
        let path = "\(directory)/\(UUID().uuidString)"
        try Files.replace(path, with: content)
        return try FilePart(whole: try Files.open(path, O_RDONLY), "a file")
    }

    private func compress(
        _ content: [UInt8], _ compression: BlobCompression, as digest: Digest? = nil,
        isCancelled: () -> Bool = { false }
    ) throws -> ([UInt8], Digest) {
        let path = "\(directory)/\(UUID().uuidString)"
        let target = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
        let written = try CompressedCopy.write(
            try file(content), digest ?? Digest(of: content), as: compression, to: target,
            isCancelled: isCancelled)
        return (try Files.read(path), written)
    }

    private func withDirectory(_ body: () async throws -> Void) async throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body()
    }

    /// Nothing, a byte, more than a buffer of what compresses and of what does not.
    private static var contents: [[UInt8]] {
        var random = SystemRandomNumberGenerator()
        return [
            [], [7], [UInt8](repeating: 1, count: 3_000_001),
            (0..<700_000).map { _ in UInt8.random(in: .min ... .max, using: &random) },
        ]
    }

    @Test(arguments: BlobCompression.allCases)
    func itIsInflatedAgain(_ compression: BlobCompression) async throws {
        try await withDirectory {
            for content in Self.contents {
                let (packed, digest) = try compress(content, compression)
                #expect(digest == Digest(of: packed))
                #expect(try compress(content, compression).0 == packed)
                let path = "\(directory)/\(UUID().uuidString)"
                let copy = try await InflatedCopy(of: try file(packed), limit: .max).write {
                    try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
                }
                #expect(try copy.digest() == Digest(of: content))
            }
        }
    }

    @Test(arguments: BlobCompression.allCases)
    func anotherTarIsRefused(_ compression: BlobCompression) async throws {
        try await withDirectory {
            #expect(throws: GantryError.self) {
                try compress([1, 2, 3], compression, as: Digest(of: [1, 2]))
            }
            #expect(throws: CancellationError.self) {
                try compress([1, 2, 3], compression) { true }
            }
        }
    }
}
