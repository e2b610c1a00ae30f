import CLinux
import Glibc
import Kernel
import System
import Testing

@testable import Image

@Suite struct DiskUsageTests {
    /// A container can nest directories without end; there are not that many descriptors.
    @Test func aVeryDeepDirectoryIsMeasured() throws {
        var template = Array("/dev/shm/gantry-usage-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        var here = try Files.open(root, O_RDONLY | GANTRY_O_DIRECTORY)
        for _ in 0..<30_000 {
            let raw = here.raw
            try syscall("mkdir") { mkdirat(raw, "d", 0o700) }
            here = Descriptor(
                owning: try syscall("open") { gantry_openat(raw, "d", GANTRY_O_DIRECTORY, 0) })
        }
        #expect(try DiskUsage.measure(root).inodes == 30_000)
        try Trees.removeNow(root)
    }

    @Test func hardLinksCountOnce() throws {
        var template = Array("/dev/shm/gantry-usage-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        try Files.replace("\(root)/one", with: [UInt8](repeating: 7, count: 8192))
        link("\(root)/one", "\(root)/two")
        let usage = try DiskUsage.measure(root)
        link("\(root)/one", "\(root)/three")
        let three = try DiskUsage.measure(root)
        #expect(usage.inodes == 1)
        #expect(usage.bytes <= 8192)
        #expect(three.inodes == 1)
        #expect(three.bytes == usage.bytes)
        try Trees.removeNow(root)
    }
}
