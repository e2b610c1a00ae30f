import Archive
import Foundation
import Glibc
import ImageTree
import Model
import Testing

/// What layers in the wild do, and libarchive's own writer would refuse or get wrong.
struct LegalLayerTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func unpack(_ make: (inout TarMaker) -> Void) async throws -> UnpackedLayer {
        var tar = TarMaker()
        make(&tar)
        return try await sandbox.unpack(tar.finish())
    }

    /// Most are had by creating the file, others set afterwards; the umask takes part in which.
    @Test(arguments: [0o644, 0o755, 0o600, 0o666, 0o777, 0o444, 0o000, 0o2755, 0o1644, 0o6711])
    func modes(_ mode: Int) async throws {
        var tar = TarMaker()
        tar.add("plain", .file, "content", mode: mode)
        tar.pax([("SCHILY.xattr.user.key", "value")])
        tar.add("attributed", .file, "content", mode: mode)
        try await sandbox.unpack(tar.finish())
        for name in ["plain", "attributed"] {
            #expect(try #require(sandbox.status(name)).st_mode & 0o7777 == mode_t(mode))
            #expect(try #require(sandbox.status(name)).st_size == 7)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.layer).count == 2)
    }

    @Test func filesDirectoriesAndModes() async throws {
        let layer = try await unpack {
            $0.add("a/", .directory, mode: 0o2750)
            $0.add("a/tool", .file, "content", mode: 0o4755)
            $0.add("a/empty")
        }
        #expect(sandbox.text("a/tool") == "content")
        #expect(sandbox.text("a/empty") == "")
        #expect(try #require(sandbox.status("a")).st_mode & 0o7777 == 0o2750)
        #expect(try #require(sandbox.status("a/tool")).st_mode & 0o7777 == 0o4755)
        #expect(layer.inodes == 3)
        #expect(layer.bytes == 8192)
    }

    @Test func timesSurviveWhatIsWrittenLater() async throws {
        _ = try await unpack {
            $0.pax([("mtime", "1600000000.123456789")])
            $0.add("a/", .directory)
            $0.add("a/file", .file, "x", modified: 1_500_000_000)
        }
        let directory = try #require(sandbox.status("a"))
        #expect(directory.st_mtim.tv_sec == 1_600_000_000)
        #expect(directory.st_mtim.tv_nsec == 123_456_789)
        #expect(try #require(sandbox.status("a/file")).st_mtim.tv_sec == 1_500_000_000)
    }

    @Test func readOnlyDirectoriesCanBeFilled() async throws {
        _ = try await unpack {
            $0.add("a/", .directory, mode: 0o555)
            $0.add("a/b/", .directory, mode: 0)
            $0.add("a/b/file", .file, "x")
        }
        #expect(try #require(sandbox.status("a/b")).st_mode & 0o777 == 0)
        chmod("\(sandbox.layer)/a", 0o755)
        chmod("\(sandbox.layer)/a/b", 0o755)
        #expect(sandbox.text("a/b/file") == "x")
    }

    @Test func directoriesWithoutAnEntryAreMade() async throws {
        _ = try await unpack { $0.add("a/b/c/file", .file, "x") }
        #expect(sandbox.text("a/b/c/file") == "x")
    }

    @Test func entriesGoThroughLinksInsideTheLayer() async throws {
        _ = try await unpack {
            $0.add("usr/lib/", .directory)
            $0.add("lib", .symbolicLink, link: "usr/lib")
            $0.add("abs", .symbolicLink, link: "/usr/lib")
            $0.add("lib/one", .file, "1")
            $0.add("abs/two", .file, "2")
        }
        #expect(sandbox.text("usr/lib/one") == "1")
        #expect(sandbox.text("usr/lib/two") == "2")
        #expect(sandbox.link("lib") == "usr/lib")
    }

    @Test func aLinkToADirectoryOfALayerBelowStays() async throws {
        _ = try await unpack {
            $0.add("lib", .symbolicLink, link: "usr/lib")
            $0.add("lib/one", .file, "1")
        }
        #expect(sandbox.link("lib") == "usr/lib")
        #expect(sandbox.text("usr/lib/one") == "1")
    }

    @Test func hardLinksAreRelativeToTheRoot() async throws {
        _ = try await unpack {
            $0.add("a/file", .file, "x")
            $0.add("b/plain", .hardLink, link: "a/file")
            $0.add("b/absolute", .hardLink, link: "/a/file")
            $0.add("s", .symbolicLink, link: "nowhere")
            $0.add("t", .hardLink, link: "s")
        }
        #expect(try #require(sandbox.status("a/file")).st_nlink == 3)
        #expect(sandbox.link("t") == "nowhere")
    }

    @Test func namesNeedNotBeUTF8() async throws {
        let raw: [UInt8] = [0x66, 0xff, 0xfe]
        _ = try await unpack {
            $0.header(raw, "0", 1, [], 0o644, 0, 0, (0, 0))
            $0.append([UInt8(ascii: "x")])
            $0.pax([("path", "caf\u{e9}")])
            $0.add("short", .file, "y")
        }
        var status = stat()
        let path = Array("\(sandbox.layer)/".utf8CString.dropLast())
        #expect(lstat(path + raw.map(CChar.init(bitPattern:)) + [0], &status) == 0)
        #expect(sandbox.text("caf\u{e9}") == "y")
    }

    @Test func laterEntriesReplaceEarlierOnes() async throws {
        _ = try await unpack {
            $0.add("file-dir", .file, "x")
            $0.add("file-dir/", .directory)
            $0.add("file-dir/in", .file, "in")
            $0.add("dir-file/deep/x", .file, "x")
            $0.add("dir-file", .file, "now a file")
            $0.add("link", .symbolicLink, link: "file-dir")
            $0.add("link/", .directory)
            $0.add("link/own", .file, "own")
            $0.add("twice", .file, "first, and longer")
            $0.add("twice", .file, "second")
        }
        #expect(sandbox.text("file-dir/in") == "in")
        #expect(sandbox.text("dir-file") == "now a file")
        #expect(sandbox.text("link/own") == "own")
        #expect(sandbox.text("file-dir/own") == nil)
        #expect(sandbox.text("twice") == "second")
    }

    @Test func extendedAttributesAreChosen() async throws {
        _ = try await unpack {
            $0.pax([
                ("SCHILY.xattr.user.kept", "yes"),
                ("SCHILY.xattr.trusted.overlay.opaque", "y"),
                ("SCHILY.xattr.user.overlay.opaque", "y"),
                ("SCHILY.xattr.security.selinux", "label"),
            ])
            $0.add("a/", .directory)
        }
        #expect(sandbox.attribute("user.kept", of: "a") == "yes")
        #expect(sandbox.attribute("trusted.overlay.opaque", of: "a") == nil)
        #expect(sandbox.attribute("user.overlay.opaque", of: "a") == nil)
        #expect(sandbox.attribute("security.selinux", of: "a") != "label")
    }

    @Test func fifosAndDevices() async throws {
        _ = try await unpack {
            $0.add("fifo", .fifo, mode: 0o600)
            $0.add("null", .character, mode: 0o666, device: (1, 3))
        }
        #expect(try #require(sandbox.status("fifo")).st_mode & S_IFMT == S_IFIFO)
        // Without privileges a device is an empty file.
        #expect(sandbox.text("null") == "")
    }

    @Test func anArchiveOfNothingIsALayer() async throws {
        let layer = try await unpack { _ in }
        #expect(layer.inodes == 0)
        let nothing = try await sandbox.unpack([])
        #expect(nothing.diffID == Digest(of: []))
    }

    @Test func theDiffIDCoversEveryByte() async throws {
        var tar = TarMaker()
        tar.add("a", .file, "x")
        let padded = tar.finish() + [UInt8](repeating: 0, count: 9000)
        #expect(try await sandbox.unpack(padded).diffID == Digest(of: padded))
    }
}
