internal import CISAL
internal import CLinux
internal import Glibc
internal import Kernel
internal import Synchronization
internal import System

/// A number for the content of all regular files of a layer, by which damage on the disk shows.
///
/// Each file counts with a CRC-32C of its content and its length, and their sum does not depend on
/// the order or on names: it is there when the last file was written, without another look at any,
/// at a hundredth of the price of the digests. It tells accidents, and not what an attacker made.
public final class ContentSum: Sendable {
    private let sum: Mutex<UInt64?>

    init(_ sum: UInt64? = 0) {
        self.sum = Mutex(sum)
    }

    /// Nil when a layer's entries took one another's place, or have holes: then it is not known.
    public var value: UInt64? { sum.withLock { $0 } }

    func add(_ file: FileSum) {
        sum.withLock { sum in
            guard let value = file.value else { return sum = nil }
            sum = sum.map { $0 &+ value }
        }
    }

    /// Something that counted already is removed, and nobody remembers what it was.
    func invalidate() {
        sum.withLock { $0 = nil }
    }

    /// The sum of what is in a directory now. Reads every file, and blocks the thread.
    /// - Throws: `SystemError` when something cannot be read, which is damage as well.
    public static func measure(_ directory: String) throws -> UInt64 {
        let root = try Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY)
        let sum = ContentSum()
        var seen: Set<UInt64> = []
        var walk = try TreeWalk(root)
        while let step = try walk.next() {
            guard case .entry(let name) = step else { continue }
            let raw = walk.directory
            var status = stat()
            try syscall("stat") { fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try walk.enter(name)
            case S_IFREG where status.st_nlink == 1 || seen.insert(UInt64(status.st_ino)).inserted:
                sum.add(try FileSum(reading: try open(name, in: raw, GANTRY_O_NOFOLLOW)))
            default: break
            }
        }
        return sum.value ?? 0
    }

    private static func open(
        _ name: [CChar], in directory: Int32, _ flags: Int32
    ) throws -> Descriptor {
        Descriptor(owning: try syscall("open") { gantry_openat(directory, name, flags, 0) })
    }
}

/// The part of one file.
struct FileSum {
    private var check: UInt32 = 0
    private var length: UInt64 = 0
    private var hasHoles = false

    init() {}

    /// - Parameter offset: where the bytes are in the file; what is left out is a hole.
    mutating func add(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
        if offset != length { hasHoles = true }
        let start = bytes.bindMemory(to: UInt8.self).baseAddress
        check = crc32_iscsi(UnsafeMutablePointer(mutating: start), Int32(bytes.count), check)
        length = offset + UInt64(bytes.count)
    }

    mutating func end(at size: UInt64) {
        if size != length { hasHoles = true }
    }

    init(reading file: borrowing Descriptor) throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        let raw = file.raw
        while true {
            let count = try syscall("read") { read(raw, &chunk, chunk.count) }
            if count == 0 { return }
            chunk.withUnsafeBytes { add(.init(rebasing: $0[..<count]), at: length) }
        }
    }

    /// Both numbers, mixed so that sums of different files differ (the finalizer of splitmix64).
    var value: UInt64? {
        if hasHoles { return nil }
        var mixed = UInt64(check) ^ ((length &+ 1) &* 0x9e37_79b9_7f4a_7c15)
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
