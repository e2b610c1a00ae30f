import Foundation
import Kernel
import Model
import Testing

@testable import Archive

/// Broken and hostile tars: each is unpacked or refused, nothing crashes, nothing hangs, and nothing
/// outside the layer's directory changes.
struct MutationTests {
    private static let count =
        ProcessInfo.processInfo.environment["GANTRY_MUTATIONS"].flatMap { Int($0) } ?? 200

    private var seed: [UInt8] {
        var tar = TarMaker()
        tar.add("usr", .directory, mode: 0o755)
        tar.add("lib", .symbolicLink, link: "usr/lib")
        tar.pax([("path", "usr/lib/long"), ("SCHILY.xattr.user.a", "b")])
        tar.add("usr/lib/long", .file, "content")
        tar.add("hard", .hardLink, link: "usr/lib/long")
        tar.add("usr/.wh.gone", .file)
        tar.add("../outside", .file, "escaped")
        return tar.finish()
    }

    /// Without the name that leads out, which is refused.
    private var inner: [UInt8] {
        var tar = TarMaker()
        tar.pax([("path", "usr/lib/long"), ("comment", "c")])
        tar.add("usr/lib/long", .file, "content")
        tar.add("hard", .hardLink, link: "usr/lib/long")
        tar.add("lib", .symbolicLink, link: "usr/lib/long")
        return tar.finish()
    }

    /// A generator with a seed, so that each run has the same tars.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    @Test func tars() async throws {
        var random = SplitMix(state: 1)
        for _ in 0..<Self.count {
            let sandbox = try Sandbox()
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                try await sandbox.unpack(bytes)
            } catch {
                #expect(error is GantryError || error is SystemError, "\(error)")
            }
            let outside = try String(contentsOfFile: sandbox.outside, encoding: .utf8)
            #expect(outside == "untouched", "\(Data(bytes).base64EncodedString())")
            let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.home)
            #expect(names.sorted() == ["layer", "outside"])
        }
    }

    /// The same for tars that are read where they stand.
    @Test func indexes() throws {
        var random = SplitMix(state: 2)
        let path = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for _ in 0..<Self.count {
            var bytes = inner
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...1, using: &random) * 1500)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do {
                let index = try TarIndex(FilePart(whole: Files.open(path), "tar"))
                for name in ["usr/lib/long", "hard", "lib"] {
                    _ = try index.file(name)?.read(limit: bytes.count)
                }
            } catch {
                #expect(error is GantryError, "\(error)")
            }
        }
    }
}
