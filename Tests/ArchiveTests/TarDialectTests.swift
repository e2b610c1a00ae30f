import Archive
import Foundation
import Glibc
import Model
import Testing

/// Tars are read as Go's archive/tar reads them, dialect by dialect.
struct TarDialectTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func tar(_ make: (inout TarMaker) -> Void) -> [UInt8] {
        var tar = TarMaker()
        make(&tar)
        return tar.finish()
    }

    private func names() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: sandbox.layer).sorted()
    }

    private func expectError(
        _ code: GantryError.Code, _ words: String, _ bytes: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let error = await #expect(throws: GantryError.self, sourceLocation: sourceLocation) {
            try await sandbox.unpack(bytes)
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(
            error?.message.contains(words) == true, "\(String(describing: error))",
            sourceLocation: sourceLocation)
    }

    /// What stands as the size of these is of something else, and no content follows.
    @Test(arguments: ["1", "2", "3", "4", "5", "6"], [true, false])
    func theNextFileIsNotTheContentOfALink(_ type: Character, _ hasPax: Bool) async throws {
        try await sandbox.unpack(
            tar {
                $0.add("target", .file, "x")
                if hasPax { $0.pax([("mtime", "1.5"), ("comment", "c")]) }
                $0.header(Array("odd".utf8), type, 700, Array("target".utf8), 0o755, 0, 0, (0, 0))
                $0.add("next", .file, "is here")
                $0.pax([("size", "5000")])
                $0.header(Array("odder".utf8), type, 0, Array("target".utf8), 0o755, 0, 0, (0, 0))
                $0.add("last", .file, "too")
            })
        #expect(sandbox.text("next") == "is here")
        #expect(sandbox.text("last") == "too")
        #expect(try names() == ["last", "next", "odd", "odder", "target"])
    }

    @Test(arguments: [
        ("SCHILY.realsize", "-7"), ("SCHILY.realsize", "-9223372036854775808"),
        ("SCHILY.realsize", "99999999999999999999"), ("size", "-1"),
        ("size", "9223372036854775808"), ("size", "x"), ("size", "18446744073709551615"),
        ("uid", "x"), ("mtime", "1e9"), ("mtime", "9223372036854775808"),
    ])
    func numbersThatDoNotFit(_ key: String, _ value: String) async {
        await expectError(
            .dataLoss, "bad tar",
            tar {
                $0.pax([(key, value)])
                $0.add("file", .file, "content")
            })
    }

    @Test(arguments: [-1, 4_294_967_295, 4_294_967_296, Int.max, Int.min])
    func idsThatAreNone(_ id: Int) async {
        for key in ["uid", "gid"] {
            await expectError(
                .invalidArgument, "ID",
                tar {
                    $0.pax([(key, String(id))])
                    $0.add("file")
                })
        }
    }

    private func sparse(_ records: [(String, String)], _ content: String) -> [UInt8] {
        tar {
            $0.pax(records)
            $0.add("GNUSparseFile.0/name", .file, content)
            $0.add("next", .file, "next")
        }
    }

    @Test func sparseFilesOfAllVersions() async throws {
        let content =
            "ab" + String(repeating: "\0", count: 6) + "cd" + String(repeating: "\0", count: 2)
        let versions = [
            sparse(
                [
                    ("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "2"),
                    ("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "2"),
                    ("GNU.sparse.offset", "8"), ("GNU.sparse.numbytes", "2"),
                    ("GNU.sparse.name", "file"),
                ], "abcd"),
            sparse(
                [
                    ("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "2"),
                    ("GNU.sparse.map", "0,2,8,2"), ("GNU.sparse.name", "file"),
                ], "abcd"),
            sparse(
                [
                    ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
                    ("GNU.sparse.realsize", "12"), ("GNU.sparse.name", "file"),
                ],
                "2\n0\n2\n8\n2\n" + String(repeating: "\0", count: 502) + "abcd"),
        ]
        for bytes in versions {
            try await sandbox.unpack(bytes)
            #expect(sandbox.text("file") == content)
            #expect(sandbox.text("next") == "next")
        }
    }

    @Test(arguments: [
        [("GNU.sparse.size", "-1"), ("GNU.sparse.numblocks", "0"), ("GNU.sparse.map", "0,4")],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "-1,4")],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,-4")],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "10,4")],
        [
            ("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"),
            ("GNU.sparse.map", "9223372036854775807,4"),
        ],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "4,2,0,2")],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,5")],
        [("GNU.sparse.size", "12"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "0,3")],
        [("GNU.sparse.realsize", "-7"), ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")],
    ])
    func brokenSparseFiles(_ records: [(String, String)]) async {
        await expectError(.dataLoss, "bad tar", sparse(records, "abcd"))
    }

    @Test func gnuLongNames() async throws {
        let long = String(repeating: "directory/", count: 20) + "file"
        try await sandbox.unpack(
            tar {
                $0.header(
                    Array("././@LongLink".utf8), "L", long.utf8.count + 1, [], 0, 0, 0, (0, 0))
                $0.append(Array(long.utf8) + [0])
                $0.add("cut", .file, "x")
                $0.header(
                    Array("././@LongLink".utf8), "K", long.utf8.count + 1, [], 0, 0, 0, (0, 0))
                $0.append(Array(long.utf8) + [0])
                $0.add("hard", .hardLink, link: "cut")
            })
        #expect(sandbox.text(long) == "x")
        #expect(sandbox.text("hard") == "x")
    }

    /// Base-256, as GNU tar and Go write what has too many digits.
    @Test func largeNumbers() async throws {
        var bytes = tar { $0.add("file", .file, "content", modified: 0) }
        bytes.replaceSubrange(
            136..<148, with: [0xff] + [UInt8](repeating: 0xff, count: 10) + [0xfe])
        bytes.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0, count: 10) + [7])
        bytes.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = String(bytes[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
        bytes.replaceSubrange(148..<156, with: Array(("0" + sum).utf8.suffix(6)) + [0, 32])
        try await sandbox.unpack(bytes)
        #expect(sandbox.text("file") == "content")
        #expect(try #require(sandbox.status("file")).st_mtim.tv_sec == -2)
    }

    @Test func theLaterOfTwoRecordsCounts() async throws {
        try await sandbox.unpack(
            tar {
                $0.pax([("path", "first"), ("path", "second"), ("linkpath", "")])
                $0.add("header", .file, "x")
                $0.pax([("path", "third")])
                $0.pax([("comment", "in its place")])
                $0.add("fourth", .file, "x")
                // Of all files after it, which nobody applies.
                $0.header(Array("g".utf8), "g", 14, [], 0, 0, 0, (0, 0))
                $0.append(Array("14 path=other\n".utf8))
                $0.add("fifth", .file, "x")
            })
        #expect(try names() == ["fifth", "fourth", "second"])
    }

    @Test func namesEndAtANul() async throws {
        await expectError(
            .dataLoss, "NUL",
            tar {
                $0.pax([("path", "a\0b")])
                $0.add("file")
            })
        try await sandbox.unpack(
            tar { $0.header(Array("a\0b".utf8), "0", 0, [], 0o644, 0, 0, (0, 0)) })
        #expect(try names() == ["a"])
    }

    @Test func whatIsNoTar() async {
        let good = tar { $0.add("file", .file, "content") }
        var checksum = good
        checksum[0] ^= 1
        await expectError(.dataLoss, "checksum", checksum)
        await expectError(.dataLoss, "within a header", Array(good[..<300]))
        await expectError(.dataLoss, "within a file", Array(good[..<515]))
        await expectError(
            .dataLoss, "follows a block of zeros", [UInt8](repeating: 0, count: 512) + good)
        await expectError(
            .invalidArgument, "unknown type \"D\"",
            tar {
                $0.header(Array("x".utf8), "D", 0, [], 0, 0, 0, (0, 0))
            })
        await expectError(
            .dataLoss, "a header of",
            tar {
                $0.header(Array("x".utf8), "x", 2 << 20, [], 0, 0, 0, (0, 0))
            })
    }

    /// v7 tars have no directories of their own kind, and neither end marker nor padding is needed.
    @Test func oldAndCutTars() async throws {
        try await sandbox.unpack(
            tar {
                $0.header(Array("directory/".utf8), "\0", 0, [], 0o755, 0, 0, (0, 0))
                $0.header(Array("file".utf8), "\0", 0, [], 0o755, 0, 0, (0, 0))
            })
        #expect(try #require(sandbox.status("directory")).st_mode & S_IFMT == S_IFDIR)
        #expect(try #require(sandbox.status("file")).st_mode & S_IFMT == S_IFREG)
        let cut = tar { $0.add("cut", .file, "content") }
        try await sandbox.unpack(Array(cut[..<519]))
        #expect(sandbox.text("cut") == "content")
    }
}
