import Archive
import Foundation
import ImageProtocol
import Model
import Testing

/// Archives that want out of their directory, or to fill the disk.
struct HostileLayerTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func tar(_ make: (inout TarMaker) -> Void) -> [UInt8] {
        var tar = TarMaker()
        make(&tar)
        return tar.finish()
    }

    private func expectError(
        _ code: GantryError.Code, _ words: String, _ bytes: [UInt8],
        limits: LayerLimits = LayerLimits()
    ) async {
        let error = await #expect(throws: GantryError.self) {
            try await sandbox.unpack(bytes, limits: limits)
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func absoluteAndClimbingNamesStayInside() async throws {
        try await sandbox.unpack(
            tar {
                $0.add("/abs", .file, "a")
                $0.add("../outside", .file, "b")
                $0.add("x/../../../up", .file, "c")
            })
        #expect(sandbox.text("abs") == "a")
        #expect(sandbox.text("outside") == "b")
        #expect(sandbox.text("up") == "c")
        #expect(sandbox.text("../outside") == "untouched")
    }

    @Test func linksOutOfTheLayerLeadBackIn() async throws {
        try await sandbox.unpack(
            tar {
                $0.add("escape", .symbolicLink, link: "../../..")
                $0.add("escape/file", .file, "x")
                $0.add("absolute", .symbolicLink, link: "/")
                $0.add("absolute/outside", .file, "y")
            })
        #expect(sandbox.text("file") == "x")
        #expect(sandbox.text("outside") == "y")
        #expect(sandbox.text("../outside") == "untouched")
    }

    @Test func aFileNeverWritesThroughALink() async throws {
        try await sandbox.unpack(
            tar {
                $0.add("target", .symbolicLink, link: sandbox.outside)
                $0.add("target", .file, "hostile")
            })
        #expect(sandbox.text("target") == "hostile")
        #expect(sandbox.text("../outside") == "untouched")
    }

    @Test func hardLinksDoNotReachOut() async throws {
        let climbing = tar { $0.add("stolen", .hardLink, link: "../outside") }
        let linked = tar {
            $0.add("up", .symbolicLink, link: "..")
            $0.add("stolen", .hardLink, link: "up/outside")
        }
        for bytes in [climbing, linked] {
            let layer = try await sandbox.unpack(bytes)
            let error = #expect(throws: GantryError.self) {
                _ = try layer.fit(in: sandbox.layer, onto: [])
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("which the image does not have") == true)
            try FileManager.default.removeItem(atPath: sandbox.layer)
            try FileManager.default.createDirectory(
                atPath: sandbox.layer, withIntermediateDirectories: true)
        }
    }

    @Test func whiteoutsCannotNameTheDirectoryItself() async throws {
        await expectError(.invalidArgument, "whiteout", tar { $0.add("a/.wh.") })
        await expectError(.invalidArgument, "whiteout", tar { $0.add("a/.wh..") })
        await expectError(.invalidArgument, "whiteout", tar { $0.add("a/.wh...") })
    }

    @Test func loopsOfLinksEnd() async throws {
        let loop = tar {
            $0.add("a", .symbolicLink, link: "b")
            $0.add("b", .symbolicLink, link: "a")
            $0.add("a/file", .file, "x")
        }
        await expectError(.invalidArgument, "symbolic links", loop)
    }

    @Test func aFileIsNoDirectory() async throws {
        let bytes = tar {
            $0.add("a", .file, "x")
            $0.add("a/b", .file, "y")
        }
        await expectError(.invalidArgument, "not a directory", bytes)
    }

    @Test func limitsHold() async throws {
        let many = tar { tar in (0..<20).forEach { tar.add("f\($0)") } }
        await expectError(
            .resourceExhausted, "more entries", many, limits: LayerLimits(entries: 10))
        await expectError(
            .resourceExhausted, "larger than the limit", many, limits: LayerLimits(bytes: 4096))
    }

    @Test func brokenArchivesAreSaidToBe() async throws {
        var cut = tar { $0.add("a", .file, String(repeating: "x", count: 5000)) }
        cut.removeLast(4096)
        await expectError(.dataLoss, "bad tar", cut)
        var bad = tar { $0.add("a", .file, "x") }
        bad[0] = 0xff
        await expectError(.dataLoss, "bad tar", bad)
    }
}
