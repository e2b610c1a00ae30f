import Foundation
import Kernel
import Model
import Testing

@testable import Archive

struct TarIndexTests {
    private func index(_ bytes: [UInt8]) throws -> TarIndex {
        let path = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try TarIndex(FilePart(whole: Files.open(path), "the archive"))
    }

    private func text(_ index: TarIndex, _ name: String) throws -> String? {
        try index.file(name).map { String(decoding: try $0.read(limit: 10000), as: UTF8.self) }
    }

    private func expectError(
        _ code: GantryError.Code, _ words: String, _ bytes: [UInt8]
    ) {
        let error = #expect(throws: GantryError.self) { try index(bytes) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func filesStandWhereTheyAre() throws {
        var tar = TarMaker()
        tar.add("directory", .directory)
        tar.add("./directory/first", .file, "one")
        tar.pax([("path", "second/" + String(repeating: "x", count: 200)), ("comment", "c")])
        tar.add("short", .file, String(repeating: "two", count: 1000))
        tar.add("third", .file, "")
        tar.add("first", .file, "old")
        tar.add("first", .file, "new")
        let index = try index(tar.finish())
        #expect(try text(index, "directory/first") == "one")
        let long = "second/" + String(repeating: "x", count: 200)
        #expect(try text(index, long) == String(repeating: "two", count: 1000))
        #expect(try text(index, "third") == "")
        #expect(try text(index, "first") == "new")
        #expect(try text(index, "directory") == nil)
        #expect(try text(index, "none") == nil)
        #expect(try text(index, "./directory/../third") == "")
        #expect(throws: GantryError.self) { try index.file("../third") }
    }

    @Test func linksAreFollowedInside() throws {
        var tar = TarMaker()
        tar.add("a/file", .file, "content")
        tar.add("b/link", .symbolicLink, link: "../a/file")
        tar.add("b/second", .symbolicLink, link: "./link")
        tar.add("hard", .hardLink, link: "a/file")
        tar.add("loop", .symbolicLink, link: "loop")
        let index = try index(tar.finish())
        #expect(try text(index, "b/second") == "content")
        #expect(try text(index, "hard") == "content")
        #expect(throws: GantryError.self) { try index.file("loop") }
    }

    @Test(arguments: ["../x", "/x", "a/../../x"])
    func namesThatLeadOut(_ name: String) {
        var tar = TarMaker()
        tar.add(name, .file, "x")
        expectError(.invalidArgument, "leads out of the archive", tar.finish())
        tar = TarMaker()
        tar.add("link", .symbolicLink, link: name)
        expectError(.invalidArgument, "leads out of the archive", tar.finish())
    }

    @Test func whatIsCutOrNoTar() {
        var tar = TarMaker()
        tar.add("file", .file, String(repeating: "x", count: 5000))
        let bytes = tar.finish()
        expectError(.dataLoss, "it ends within file", Array(bytes[..<3000]))
        expectError(.dataLoss, "is no tar", Array(bytes[..<300]))
        expectError(.dataLoss, "is no tar", Array("no tar".utf8))
        expectError(.dataLoss, "is no tar", [])
    }

    @Test func aPartEndsWithItsFile() throws {
        let path = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let part = try FilePart(whole: Files.open(path), "it")
        #expect(try part.read(limit: 3) == [1, 2, 3])
        #expect(throws: GantryError.self) { try part.read(limit: 2) }
        #expect(try part.digest() == Digest(of: [1, 2, 3]))
        truncate(path, 1)
        #expect(throws: GantryError.self) { try part.read(limit: 3) }
    }
}
