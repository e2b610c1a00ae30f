import Archive
import CISAL
import CZstd
import ImageProtocol
import Model
import Testing

/// Compression, digests and sizes of what comes from a registry.
struct StreamTests {
    private let sandbox: Sandbox
    private let tar: [UInt8]

    init() throws {
        sandbox = try Sandbox()
        var maker = TarMaker()
        for index in 0..<40 {
            maker.add("f\(index)", .file, String(repeating: "line \(index) ", count: 3000))
        }
        tar = maker.finish()
    }

    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 4096)
        var level = [UInt8](repeating: 0, count: 1 << 20)
        var stream = isal_zstream()
        isal_deflate_init(&stream)
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                level.withUnsafeMutableBufferPointer { level in
                    stream.level = 1
                    stream.level_buf = level.baseAddress
                    stream.level_buf_size = UInt32(level.count)
                    stream.end_of_stream = 1
                    stream.gzip_flag = UInt16(IGZIP_GZIP)
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    isal_deflate(&stream)
                    return Array(output[..<Int(stream.total_out)])
                }
            }
        }
    }

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
        return Array(output[..<count])
    }

    private func expectError(
        _ words: String, _ bytes: [UInt8], digest: Digest? = nil, size: UInt64? = nil
    ) async {
        let error = await #expect(throws: GantryError.self) {
            try await sandbox.unpack(bytes, digest: digest, size: size)
        }
        #expect(error?.code == .dataLoss)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test(arguments: [1, 7, 1000, 1 << 20])
    func gzipInPiecesOfAnySize(_ piece: Int) async throws {
        let layer = try await sandbox.unpack(Self.gzip(tar), piece: piece)
        #expect(layer.diffID == Digest(of: tar))
        #expect(sandbox.text("f39")?.hasPrefix("line 39 line 39") == true)
    }

    @Test(arguments: [1, 7, 1000, 1 << 20])
    func zstdInPiecesOfAnySize(_ piece: Int) async throws {
        #expect(try await sandbox.unpack(Self.zstd(tar), piece: piece).diffID == Digest(of: tar))
    }

    @Test(arguments: [1, 1000])
    func severalMembersAreOneStream(_ piece: Int) async throws {
        let (first, second) = (Array(tar[..<7000]), Array(tar[7000...]))
        let members = Self.gzip(first) + Self.gzip([]) + Self.gzip(second)
        #expect(try await sandbox.unpack(members, piece: piece).diffID == Digest(of: tar))
        let padded = members + [UInt8](repeating: 0, count: 700)
        #expect(try await sandbox.unpack(padded, piece: piece).diffID == Digest(of: tar))
        let frames = Self.zstd(first) + Self.zstd(second)
        #expect(try await sandbox.unpack(frames, piece: piece).diffID == Digest(of: tar))
    }

    @Test func whatIsCutShortIsRefused() async throws {
        await expectError("ends in the middle", Self.gzip(tar).dropLast(1))
        await expectError("ends in the middle", Self.gzip(tar).dropLast(500))
        await expectError("ends in the middle", Self.zstd(tar).dropLast(1))
    }

    @Test func whatIsBrokenIsRefused() async throws {
        var gzip = Self.gzip(tar)
        gzip[gzip.count - 5] ^= 1
        await expectError("wrong checksum", gzip)
        await expectError("garbage", Self.gzip(tar) + [0, 1])
        await expectError("member header", Self.gzip(tar) + [UInt8](1...30))
        var zstd = Self.zstd(tar)
        zstd[4] ^= 0xff
        await expectError("bad zstd", zstd)
    }

    @Test func digestAndSizeAreChecked() async throws {
        let gzip = Self.gzip(tar)
        await expectError("was asked for, and sha256:", gzip, digest: Digest(of: [1]))
        await expectError("ended after", gzip, size: UInt64(gzip.count + 1))
        await expectError("longer than", gzip, size: UInt64(gzip.count - 1))
    }

    /// Zeros: gzip makes a thousandth of them and zstd still less.
    @Test(arguments: ["gzip", "zstd"])
    func bombsEndAtTheirRatio(_ compression: String) async throws {
        var maker = TarMaker()
        maker.add("zeros", .file, String(repeating: "\0", count: 4 << 20))
        let zeros = maker.finish()
        let bomb = compression == "gzip" ? Self.gzip(zeros) : Self.zstd(zeros)
        let limits = LayerLimits(ratio: 100, ratioFloor: 1 << 20)
        let error = await #expect(throws: GantryError.self) {
            try await sandbox.unpack(bomb, limits: limits)
        }
        #expect(error?.code == .resourceExhausted)
        let words = "the layer unpacks to more than 100 times its compressed size: "
        #expect(error?.message.hasPrefix(words) == true, "\(String(describing: error))")
    }

    @Test func theRatioHasAFloor() async throws {
        var maker = TarMaker()
        maker.add("zeros", .file, String(repeating: "\0", count: 4 << 20))
        let zeros = maker.finish()
        let legal = LayerLimits(ratio: 100, ratioFloor: 5 << 20)
        #expect(
            try await sandbox.unpack(Self.gzip(zeros), limits: legal).diffID == Digest(of: zeros))
    }

    @Test func ordinaryContentIsBelowTheRatio() async throws {
        let limits = LayerLimits(ratio: 1000, ratioFloor: 0)
        #expect(try await sandbox.unpack(Self.gzip(tar), limits: limits).diffID == Digest(of: tar))
    }

    @Test func sha512IsADigestToo() async throws {
        let gzip = Self.gzip(tar)
        try await sandbox.unpack(gzip, digest: Digest(of: gzip, .sha512))
    }

    @Test(arguments: [
        "", "sha256", "sha256:", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
    ])
    func whatIsNoDigest(_ text: String) {
        #expect(throws: GantryError.self) { try Digest(parsing: text) }
    }

    @Test func digestsOfKnownBytes() throws {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(of: []).description == empty)
        #expect(try Digest(parsing: empty) == Digest(of: []))
    }
}
