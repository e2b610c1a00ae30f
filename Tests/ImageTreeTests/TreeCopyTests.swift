internal import Glibc
internal import Kernel
internal import System
internal import Testing

@testable import ImageTree

@Suite struct TreeCopyTests {
    /// A directory with `image` and `copy` in it.
    private func withPlace(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/gantry-copy-XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) } != nil
        }
        try #require(isMade)
        let place = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
        defer { try? Trees.removeNow(place) }
        try Files.makeDirectories("\(place)/image")
        try Files.makeDirectories("\(place)/copy")
        try body(place)
    }

    private func copy(_ place: String, _ path: String = "/") throws {
        let found = try RootedPlace(path, inRoot: "\(place)/image")
        guard let source = try found.openDirectory() else {
            throw SystemError("open", path, errno: ENOENT)
        }
        try TreeCopy.copy(source, to: "\(place)/copy")
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try syscall("lstat", path) { lstat(path, &status) }
        return status
    }

    @Test func filesLinksAndModes() throws {
        try withPlace { place in
            try Files.makeDirectories("\(place)/image/deep/er")
            try Files.replace("\(place)/image/deep/er/file", with: Array("words".utf8), mode: 0o640)
            try syscall("link") { link("\(place)/image/deep/er/file", "\(place)/image/other") }
            try syscall("symlink") { symlink("/etc/shadow", "\(place)/image/away") }
            try syscall("mkfifo") { mkfifo("\(place)/image/fifo", 0o620) }
            try syscall("chmod") { chmod("\(place)/image/deep", 0o500) }
            try copy(place)
            #expect(try Files.readText("\(place)/copy/deep/er/file") == "words")
            #expect(try status("\(place)/copy/deep/er/file").st_mode & 0o7777 == 0o640)
            #expect(try status("\(place)/copy/deep/er/file").st_nlink == 2)
            #expect(try status("\(place)/copy/deep").st_mode & 0o7777 == 0o500)
            #expect(try status("\(place)/copy/away").st_mode & S_IFMT == S_IFLNK)
            #expect(try status("\(place)/copy/fifo").st_mode & S_IFMT == S_IFIFO)
            let times = (
                try status("\(place)/image/deep").st_mtim, try status("\(place)/copy/deep").st_mtim
            )
            #expect(times.0.tv_sec == times.1.tv_sec && times.0.tv_nsec == times.1.tv_nsec)
            try syscall("chmod") { chmod("\(place)/image/deep", 0o700) }
            try syscall("chmod") { chmod("\(place)/copy/deep", 0o700) }
        }
    }

    @Test func holesStayHoles() throws {
        try withPlace { place in
            let file = try Files.open("\(place)/image/sparse", O_WRONLY | O_CREAT)
            try syscall("pwrite") { pwrite(file.raw, "end", 3, 1 << 36) }
            try copy(place)
            let found = try status("\(place)/copy/sparse")
            #expect(found.st_size == (1 << 36) + 3)
            #expect(found.st_blocks < 1 << 12)
        }
    }

    @Test func deepTreesTakeNoStack() throws {
        try withPlace { place in
            try Files.makeDirectories("\(place)/image" + String(repeating: "/d", count: 1900))
            try copy(place)
            let deep = "\(place)/copy" + String(repeating: "/d", count: 1900)
            #expect(Files.exists(deep))
        }
    }

    @Test(arguments: ["/out", "/../../etc", "/loop", "/up/up"])
    func nothingLeadsOutOfTheImage(path: String) throws {
        try withPlace { place in
            try Files.makeDirectories("\(place)/etc")
            try Files.replace("\(place)/etc/secret", with: [])
            try Files.makeDirectories("\(place)/image/etc")
            try Files.replace("\(place)/image/etc/own", with: [])
            try syscall("symlink") { symlink("../etc", "\(place)/image/out") }
            try syscall("symlink") { symlink("loop", "\(place)/image/loop") }
            try syscall("symlink") { symlink("..", "\(place)/image/up") }
            let found = try RootedPlace(path, inRoot: "\(place)/image")
            guard let source = try found.openDirectory() else { return }
            try TreeCopy.copy(source, to: "\(place)/copy")
            #expect(!Files.exists("\(place)/copy/secret"))
        }
    }

    @Test func placesAreNamedWithoutLinks() throws {
        try withPlace { place in
            let root = "\(place)/image"
            try Files.makeDirectories("\(root)/run")
            try Files.makeDirectories("\(root)/var")
            try syscall("symlink") { symlink("../run", "\(root)/var/run") }
            try Files.replace("\(root)/file", with: [])
            #expect(try RootedPlace("/var/run", inRoot: root).path == "/run")
            #expect(try RootedPlace("var/run/x/y", inRoot: root).path == "/run/x/y")
            #expect(try RootedPlace("", inRoot: root).path == "/")
            #expect(try RootedPlace("/../..", inRoot: root).path == "/")
            #expect(try RootedPlace("/none", inRoot: root).path == "/none")
            #expect(try RootedPlace("/none", inRoot: root).isDirectoryOrNothing)
            #expect(try !RootedPlace("/file", inRoot: root).isDirectoryOrNothing)
        }
    }

    @Test func theMountTableIsLinkedOnce() throws {
        try withPlace { place in
            let root = "\(place)/image"
            let (uid, gid) = (getuid(), getgid())
            for _ in 1...2 { try RootedPlace.linkMountTable(inRoot: root, owner: uid, group: gid) }
            #expect(try status("\(root)/etc/mtab").st_mode & S_IFMT == S_IFLNK)
            try Files.remove("\(root)/etc/mtab")
            try Files.replace("\(root)/etc/mtab", with: Array("own".utf8))
            try RootedPlace.linkMountTable(inRoot: root, owner: uid, group: gid)
            #expect(try Files.readText("\(root)/etc/mtab") == "own")
        }
    }
}
