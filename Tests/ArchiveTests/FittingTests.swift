import Archive
import Foundation
import Glibc
import Model
import Testing

/// Directories that a layer has no entry for look as they do in the layers below.
struct FittingTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    /// Unpacks layers, the lowest first, each into a directory of its own, as a pull does.
    private func unpack(_ makers: [(inout TarMaker) -> Void]) async throws -> [String] {
        var below: [String] = []
        for (index, make) in makers.enumerated() {
            let directory = "\(sandbox.layer)/\(index)"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            var tar = TarMaker()
            make(&tar)
            let layer = try await sandbox.unpack(tar.finish(), into: directory)
            _ = try layer.fit(in: directory, onto: below.map { LayerPlace($0) })
            below.insert(directory, at: 0)
        }
        return below.reversed()
    }

    private func mode(_ name: String) throws -> mode_t {
        try #require(sandbox.status(name)).st_mode & 0o7777
    }

    @Test func modesTimesAndAttributesComeFromBelow() async throws {
        _ = try await unpack([
            {
                $0.add("./", .directory, mode: 0o711)
                $0.pax([("SCHILY.xattr.user.k", "v")])
                $0.add("a/", .directory, mode: 0o1777, modified: 1_600_000_000)
            },
            { $0.add("b", .file, "between") },
            { $0.add("a/new/file", .file, "x") },
        ])
        #expect(try mode("2") == 0o711)
        #expect(try mode("1") == 0o711)
        #expect(try mode("2/a") == 0o1777)
        #expect(sandbox.attribute("user.k", of: "2/a") == "v")
        #expect(sandbox.status("2/a")?.st_mtim.tv_sec == 1_600_000_000)
        #expect(try mode("2/a/new") == 0o755)
    }

    @Test func whatWasRemovedBetweenDoesNotShine() async throws {
        _ = try await unpack([
            {
                $0.add("a/", .directory, mode: 0o700)
                $0.add("o/in/", .directory, mode: 0o700)
            },
            {
                $0.add(".wh.a")
                $0.add("o/.wh..wh..opq")
            },
            {
                $0.add("a/file", .file, "x")
                $0.add("o/in/file", .file, "x")
            },
        ])
        #expect(try mode("2/a") == 0o755)
        #expect(try mode("2/o/in") == 0o755)
    }

    @Test func anEntryOfTheLayerItselfCounts() async throws {
        _ = try await unpack([
            { $0.add("a/", .directory, mode: 0o700) },
            {
                $0.add("a/file", .file, "x")
                $0.add("a/", .directory, mode: 0o750)
            },
        ])
        #expect(try mode("1/a") == 0o750)
    }

    @Test func linksOfTheLayersBelowAreFollowed() async throws {
        _ = try await unpack([
            {
                $0.add("usr/lib/deep/", .directory, mode: 0o751)
                $0.add("lib", .symbolicLink, link: "usr/lib")
                $0.add("lib64", .symbolicLink, link: "/lib")
            },
            {
                $0.add("lib/deep/file", .file, "x")
                $0.add("lib/.wh.gone")
                $0.add("lib64/other", .file, "y")
                $0.add("usr/lib/own", .file, "z")
            },
        ])
        #expect(sandbox.text("1/usr/lib/deep/file") == "x")
        #expect(sandbox.text("1/usr/lib/other") == "y")
        #expect(sandbox.text("1/usr/lib/own") == "z")
        #expect(sandbox.isWhiteout("1/usr/lib/gone"))
        #expect(try mode("1/usr/lib/deep") == 0o751)
        #expect(sandbox.status("1/lib") == nil)
        #expect(sandbox.status("1/lib64") == nil)
    }

    @Test func theOpaqueMarkMovesAlong() async throws {
        _ = try await unpack([
            {
                $0.add("real/old", .file, "x")
                $0.add("link", .symbolicLink, link: "real")
            },
            { $0.add("link/.wh..wh..opq") },
        ])
        #expect(sandbox.attribute("user.overlay.opaque", of: "1/real") == "y")
    }

    @Test func directoriesOnBothSidesBecomeOne() async throws {
        _ = try await unpack([
            { $0.add("lib", .symbolicLink, link: "usr/lib") },
            {
                $0.add("usr/lib/both/a", .file, "a")
                $0.add("usr/lib/same", .file, "first")
                $0.add("lib/both/b", .file, "b")
                $0.add("lib/same", .file, "second")
            },
        ])
        #expect(sandbox.text("1/usr/lib/both/a") == "a")
        #expect(sandbox.text("1/usr/lib/both/b") == "b")
        #expect(sandbox.text("1/usr/lib/same") == "second")
    }

    @Test func aDirectoryEntryReplacesALinkBelow() async throws {
        _ = try await unpack([
            { $0.add("lib", .symbolicLink, link: "usr/lib") },
            {
                $0.add("lib/", .directory, mode: 0o700)
                $0.add("lib/sub/own", .file, "x")
            },
        ])
        #expect(sandbox.text("1/lib/sub/own") == "x")
        #expect(try mode("1/lib/sub") == 0o755)
    }

    @Test func linksBelowThatLoopAreAnError() async throws {
        await #expect(throws: GantryError.self) {
            _ = try await unpack([
                {
                    $0.add("a", .symbolicLink, link: "b")
                    $0.add("b", .symbolicLink, link: "a")
                },
                { $0.add("a/file", .file, "x") },
            ])
        }
    }

    @Test func namesThroughTheLayersOwnLinksInheritToo() async throws {
        _ = try await unpack([
            { $0.add("usr/lib/deep/", .directory, mode: 0o751) },
            {
                $0.add("lib", .symbolicLink, link: "usr/lib")
                $0.add("lib/deep/file", .file, "x")
            },
        ])
        #expect(sandbox.text("1/usr/lib/deep/file") == "x")
        #expect(try mode("1/usr/lib/deep") == 0o751)
    }
}
