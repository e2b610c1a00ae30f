import Archive
import Testing

/// image-spec, layer.md#whiteouts, written as overlay wants them.
struct WhiteoutTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func unpack(_ make: (inout TarMaker) -> Void) async throws {
        var tar = TarMaker()
        make(&tar)
        try await sandbox.unpack(tar.finish())
    }

    private func isOpaque(_ name: String) -> Bool {
        sandbox.attribute("user.overlay.opaque", of: name) == "y"
    }

    @Test func aWhiteoutBecomesADevice() async throws {
        try await unpack { $0.add("a/.wh.gone") }
        #expect(sandbox.isWhiteout("a/gone"))
        #expect(sandbox.status("a/.wh.gone") == nil)
    }

    @Test func anOpaqueMarkBecomesAnAttribute() async throws {
        try await unpack {
            $0.add("a/.wh..wh..opq")
            $0.add("a/", .directory, mode: 0o700)
            $0.add("a/own", .file, "x")
        }
        #expect(isOpaque("a"))
        #expect(sandbox.text("a/own") == "x")
    }

    @Test func whatTheLayerItselfHasStays() async throws {
        try await unpack {
            $0.add("file", .file, "new")
            $0.add(".wh.file")
            $0.add("dir/x", .file, "new")
            $0.add(".wh.dir")
        }
        #expect(sandbox.text("file") == "new")
        #expect(sandbox.text("dir/x") == "new")
        #expect(isOpaque("dir"))
    }

    @Test func whatComesAfterItsWhiteoutIsNew() async throws {
        try await unpack {
            $0.add(".wh.file")
            $0.add("file", .file, "new")
            $0.add(".wh.dir")
            $0.add("dir/", .directory)
            $0.add(".wh.implicit")
            $0.add("implicit/x", .file, "new")
        }
        #expect(sandbox.text("file") == "new")
        #expect(isOpaque("dir"))
        #expect(sandbox.text("implicit/x") == "new")
        #expect(isOpaque("implicit"))
    }

    @Test func aufsBookkeepingIsSkipped() async throws {
        try await unpack {
            $0.add(".wh..wh.aufs")
            $0.add(".wh..wh.plnk/", .directory)
        }
        #expect(sandbox.status("wh.aufs") == nil)
        #expect(sandbox.status(".wh..wh.plnk") == nil)
    }
}
