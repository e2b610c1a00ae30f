import Archive
import Foundation
import Testing

/// Whether damage shows in the sum of a layer's files.
struct ContentSumTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func unpack(_ make: (inout TarMaker) -> Void) async throws -> UInt64? {
        var tar = TarMaker()
        make(&tar)
        return try await sandbox.unpack(tar.finish()).contents.value
    }

    private func unpackSome() async throws -> UInt64? {
        try await unpack {
            $0.add("a/", .directory)
            $0.add("a/file", .file, String(repeating: "content ", count: 100_000))
            $0.add("a/empty")
            $0.add("link", .symbolicLink, link: "a/file")
            $0.add("hard", .hardLink, link: "a/file")
            $0.add("other", .file, "content")
        }
    }

    @Test func whatIsUnpackedHasTheSumThatItWasUnpackedWith() async throws {
        let sum = try #require(try await unpackSome())
        #expect(try ContentSum.measure(sandbox.layer) == sum)
    }

    @Test(arguments: ["a/file", "a/empty", "other"])
    func aChangedFileShows(_ name: String) async throws {
        let sum = try await unpackSome()
        try Data("changed".utf8).write(to: URL(fileURLWithPath: "\(sandbox.layer)/\(name)"))
        #expect(try ContentSum.measure(sandbox.layer) != sum)
    }

    @Test(arguments: ["a/empty", "other"])
    func aMissingFileShows(_ name: String) async throws {
        let sum = try await unpackSome()
        try FileManager.default.removeItem(atPath: "\(sandbox.layer)/\(name)")
        #expect(try ContentSum.measure(sandbox.layer) != sum)
    }

    @Test func oneFlippedBitShows() async throws {
        let sum = try await unpackSome()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(sandbox.layer)/a/file"))
        try file.seek(toOffset: 500_000)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 500_000)
        try file.write(contentsOf: [byte ^ 1])
        try file.close()
        #expect(try ContentSum.measure(sandbox.layer) != sum)
    }

    /// What stood there has been counted, and nobody remembers with what.
    @Test func entriesThatTakeOneAnothersPlaceHaveNone() async throws {
        let sum = try await unpack {
            $0.add("file", .file, "first")
            $0.add("file", .file, "second")
        }
        #expect(sum == nil)
    }
}
