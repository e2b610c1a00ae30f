import CLinux
import Glibc
import Kernel
import Testing

@testable import System

/// Trees as a container can make them: `while mkdir d && cd d; do :; done`.
@Suite struct TreesTests {
    static let depth = 30_000

    /// - Returns: a directory with so many below each other, and a file in the last.
    private func deepTree() throws -> String {
        var template = Array("/dev/shm/gantry-trees-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        var here = try Files.open(root, O_RDONLY | GANTRY_O_DIRECTORY)
        for _ in 0..<Self.depth {
            let raw = here.raw
            try syscall("mkdir") { mkdirat(raw, "d", 0o700) }
            here = Descriptor(
                owning: try syscall("open") { gantry_openat(raw, "d", GANTRY_O_DIRECTORY, 0) })
        }
        let raw = here.raw
        let file = Descriptor(
            owning: try syscall("open") { gantry_openat(raw, "f", O_WRONLY | O_CREAT, 0o600) })
        try Files.writeAll([1, 2, 3], to: file)
        return root
    }

    @Test func aVeryDeepTreeIsWalkedAndRemovedWithOneOpenDirectory() throws {
        let root = try deepTree()
        let before = try Files.list("/proc/self/fd").count
        var walk = try TreeWalk(try Files.open(root, O_RDONLY | GANTRY_O_DIRECTORY))
        var deepest = 0
        var most = 0
        while let step = try walk.next() {
            guard case .entry(let name) = step, name == [100, 0] else { continue }
            try walk.enter(name)
            deepest = max(deepest, walk.depth)
            if deepest == Self.depth { most = try Files.list("/proc/self/fd").count }
        }
        #expect(deepest == Self.depth)
        // Other suites open files meanwhile.
        #expect(most < before + 100)
        try Trees.removeNow(root)
        #expect(!Files.exists(root))
    }

    @Test func aDirectoryThatIsMovedAwayEndsTheWalk() throws {
        var template = Array("/dev/shm/gantry-trees-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        try Files.makeDirectories("\(root)/tree/inner")
        var walk = try TreeWalk(try Files.open("\(root)/tree", O_RDONLY | GANTRY_O_DIRECTORY))
        guard case .entry(let name) = try walk.next() else {
            Issue.record("there is an entry")
            return
        }
        try walk.enter(name)
        try Files.move("\(root)/tree/inner", to: "\(root)/elsewhere")
        #expect(throws: SystemError("open", "..", errno: ESTALE)) { _ = try walk.next() }
        try Trees.removeNow(root)
    }

    @Test func symbolicLinksAreRemovedAndNotFollowed() throws {
        var template = Array("/dev/shm/gantry-trees-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        try Files.makeDirectories("\(root)/kept/inner")
        try Files.makeDirectories("\(root)/tree")
        symlink("\(root)/kept", "\(root)/tree/link")
        try Trees.removeNow("\(root)/tree")
        #expect(try Files.list(root) == ["kept"])
        #expect(Files.exists("\(root)/kept/inner"))
        try Trees.removeNow(root)
    }

    /// More names than are in memory at once, on file systems that count places in different ways, and
    /// below more directories than have names in memory.
    @Test(arguments: ["/dev/shm", "/tmp"], [0, 70])
    func aVeryWideTreeIsWalkedAndRemoved(place: String, depth: Int) throws {
        var template = Array("\(place)/gantry-trees-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        let wide = root + String(repeating: "/d", count: depth)
        for number in 0..<700 {
            try Files.makeDirectories("\(wide)/directory-\(number)/inner")
            try Files.replace("\(wide)/file-\(number)", with: [])
        }
        var walk = try TreeWalk(try Files.open(root, O_RDONLY | GANTRY_O_DIRECTORY))
        var counts: [String: Int] = [:]
        while let step = try walk.next() {
            guard case .entry(let name) = step else { continue }
            counts[Trees.readable(name), default: 0] += 1
            if !Trees.readable(name).hasPrefix("file") { try walk.enter(name) }
        }
        #expect(counts["inner"] == 700)
        #expect(counts["d"] ?? 0 == depth)
        #expect(counts.count == 1400 + (depth == 0 ? 1 : 2))
        #expect(counts.filter { $0.key.contains("-") }.allSatisfy { $0.value == 1 })
        try Trees.removeNow(root)
        #expect(!Files.exists(root))
    }
}
