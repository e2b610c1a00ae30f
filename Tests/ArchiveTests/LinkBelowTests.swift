import Archive
import Foundation
import Glibc
import ImageProtocol
import Model
import Testing

/// Hard links to files that are not in their layer, and what layers are bounded by.
struct LinkBelowTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func unpack(
        _ makers: [(inout TarMaker) -> Void], limits: LayerLimits = LayerLimits()
    ) async throws -> [UnpackedLayer] {
        var below: [LayerPlace] = []
        var layers: [UnpackedLayer] = []
        for (index, make) in makers.enumerated() {
            let directory = "\(sandbox.layer)/\(index)"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            var tar = TarMaker()
            make(&tar)
            let layer = try await sandbox.unpack(tar.finish(), into: directory, limits: limits)
            layers.append(try layer.fit(in: directory, onto: below))
            below.insert(LayerPlace(directory), at: 0)
        }
        return layers
    }

    @Test func aHardLinkToALayerBelowIsACopy() async throws {
        let layers = try await unpack([
            {
                $0.pax([("SCHILY.xattr.user.k", "v")])
                $0.add("usr/lib/file", .file, "content", mode: 0o4755, modified: 1_600_000_000)
                $0.add("lib", .symbolicLink, link: "usr/lib")
                $0.add("symbolic", .symbolicLink, link: "nowhere")
            },
            { $0.add("other", .file, "between") },
            {
                $0.add("copy", .hardLink, link: "lib/file")
                $0.add("again", .hardLink, link: "/usr/lib/file")
                $0.add("to-copy", .hardLink, link: "copy")
                $0.add("replaced", .hardLink, link: "other")
                $0.add("replaced", .file, "by a file")
                $0.add("link", .hardLink, link: "symbolic")
            },
        ])
        #expect(sandbox.text("2/copy") == "content")
        let status = try #require(sandbox.status("2/copy"))
        #expect(status.st_mode & 0o7777 == 0o4755)
        #expect(status.st_mtim.tv_sec == 1_600_000_000)
        #expect(sandbox.attribute("user.k", of: "2/copy") == "v")
        #expect(status.st_nlink == 2)
        #expect(sandbox.text("2/again") == "content")
        #expect(sandbox.text("2/to-copy") == "content")
        #expect(sandbox.text("2/replaced") == "by a file")
        #expect(sandbox.link("2/link") == "nowhere")
        #expect(layers[2].bytes == 12288)
    }

    @Test func theCopyIsInTheSumOfTheContents() async throws {
        let layers = try await unpack([
            { $0.add("file", .file, "content") }, { $0.add("copy", .hardLink, link: "file") },
        ])
        let sum = try #require(layers[1].contents.value)
        #expect(try ContentSum.measure("\(sandbox.layer)/1") == sum)
        try Data("changed".utf8).write(to: URL(fileURLWithPath: "\(sandbox.layer)/1/copy"))
        #expect(try ContentSum.measure("\(sandbox.layer)/1") != sum)
    }

    @Test func whatWasRemovedCannotBeLinkedTo() async throws {
        let error = await #expect(throws: GantryError.self) {
            _ = try await unpack([
                { $0.add("a/file", .file, "content") }, { $0.add("a/.wh.file") },
                { $0.add("copy", .hardLink, link: "a/file") },
            ])
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func copiesCountAgainstTheLimit() async throws {
        let error = await #expect(throws: GantryError.self) {
            _ = try await unpack(
                [
                    {
                        $0.add("one", .file, String(repeating: "x", count: 9000))
                        $0.add("two", .file, String(repeating: "y", count: 9000))
                    },
                    {
                        $0.add("1", .hardLink, link: "one")
                        $0.add("2", .hardLink, link: "two")
                    },
                ], limits: LayerLimits(bytes: 20992))
        }
        #expect(error?.code == .resourceExhausted)
    }

    /// Many links in one layer, and as many files below their names in the next: as many steps, not their
    /// square.
    @Test func fittingIsLinear() async throws {
        let count = 1000
        var asked = 0
        var directory = "\(sandbox.layer)/0"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        var tar = TarMaker()
        for number in 0..<count { tar.add("l\(number)", .symbolicLink, link: "t/\(number)") }
        let lower = try await sandbox.unpack(tar.finish(), into: directory)
        _ = try lower.fit(in: directory, onto: [])
        directory = "\(sandbox.layer)/1"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        tar = TarMaker()
        for number in 0..<count { tar.add("l\(number)/file", .file) }
        let upper = try await sandbox.unpack(tar.finish(), into: directory)
        _ = try upper.fit(in: directory, onto: [LayerPlace("\(sandbox.layer)/0")]) {
            asked += 1
            return false
        }
        #expect(sandbox.text("1/t/999/file") == "")
        #expect(asked < 5 * count)
    }

    @Test func fittingCanBeCancelled() async throws {
        let layer = try await sandbox.unpack(
            {
                var tar = TarMaker()
                tar.add("a/b", .file, "x")
                return tar.finish()
            }())
        #expect(throws: CancellationError.self) {
            _ = try layer.fit(in: sandbox.layer, onto: [], isCancelled: { true })
        }
    }

    @Test func anAttributeIsNoLargerThanTheKernelTakes() async throws {
        var tar = TarMaker()
        tar.pax([("SCHILY.xattr.user.large", String(repeating: "x", count: 65537))])
        tar.add("directory", .directory)
        let error = await #expect(throws: GantryError.self) {
            try await sandbox.unpack(tar.finish())
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("65536 are the most") == true)
    }

    /// Names of directories are kept to the end of a layer, and a few entries name thousands.
    @Test func theNamesThatAreKeptAreBounded() async throws {
        var tar = TarMaker()
        for number in 0..<20 {
            tar.pax([("path", "\(number)/" + String(repeating: "d/", count: 200) + "f")])
            tar.add("f")
        }
        let bytes = tar.finish()
        let error = await #expect(throws: GantryError.self) {
            try await sandbox.unpack(bytes, limits: LayerLimits(names: 256 << 10))
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("bytes of memory") == true)
    }
}
