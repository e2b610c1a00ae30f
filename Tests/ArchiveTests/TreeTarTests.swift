import Foundation
import ImageTree
import Kernel
import Model
import Testing

@testable import Archive

/// What is written as a tar, a stranger's tar reads, and our own reader.
struct TreeTarTests {
    private func pack(_ directory: String, limit: UInt64 = .max) throws -> ([UInt8], Digest) {
        let path = NSTemporaryDirectory() + "/tar-\(UUID().uuidString)"
        defer { unlink(path) }
        let file = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
        let packed = try TreeTar.write(directory, to: file, limit: limit, .none) { false }
        let bytes = try Files.read(path)
        #expect(packed.size == UInt64(bytes.count))
        return (bytes, packed.digest)
    }

    private func withTree<Result>(_ body: (String) throws -> Result) throws -> Result {
        let root = NSTemporaryDirectory() + "/tree-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        return try body(root)
    }

    @Test func theDigestIsTheFiles() throws {
        try withTree { root in
            try Files.replace("\(root)/a", with: Array("content".utf8))
            let (bytes, digest) = try pack(root)
            #expect(digest == Digest(of: bytes))
            #expect(bytes.count % 512 == 0)
            #expect(bytes.suffix(1024).allSatisfy { $0 == 0 })
        }
    }

    @Test func theOrderIsThatOfTheNames() throws {
        let names = (0..<600).map { "f\($0)" }
        let digests = try [names, names.reversed()].map { names in
            try withTree { root in
                for name in names {
                    try Files.replace("\(root)/\(name)", with: [])
                    var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
                    utimensat(AT_FDCWD, "\(root)/\(name)", &times, 0)
                }
                var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
                utimensat(AT_FDCWD, root, &times, 0)
                return try pack(root).1
            }
        }
        #expect(digests[0] == digests[1])
    }

    @Test func beyondTheLimitItFails() throws {
        try withTree { root in
            try Files.replace("\(root)/a", with: [UInt8](repeating: 1, count: 5000))
            #expect(throws: GantryError.self) { try pack(root, limit: 4096) }
        }
    }

    static let headers: [TarHeader] = {
        var long = TarHeader(
            name: Array(("a/" + String(repeating: "n", count: 300)).utf8), type: 0x30)
        long.link = Array(String(repeating: "t", count: 200).utf8)
        long.size = 1 << 40
        (long.owner, long.group) = (4_000_000_000, 3_000_000_000)
        long.modified = TarTime(seconds: -2, nanoseconds: 750_000_000)
        long.extended = [(Array("user.x".utf8), [0, 10, 61, 255])]
        var device = TarHeader(name: [0xff, 0xfe], type: 0x33)
        (device.major, device.minor, device.mode) = (8, 1, 0o4755)
        device.modified = TarTime(seconds: 1 << 40)
        return [long, device, TarHeader(name: Array("./".utf8), type: 0x35)]
    }()

    @Test(arguments: headers.indices) func whatIsWrittenIsRead(_ index: Int) throws {
        let header = Self.headers[index]
        let bytes = header.bytes
        #expect(bytes.count % 512 == 0)
        var records = PaxRecords()
        var place = 0
        if bytes[156] == UInt8(ascii: "x") {
            let size = try TarNumber.octal(bytes[124..<136])
            records = try PaxRecords(Array(bytes[512..<512 + Int(size)]))
            place = 512 + (Int(size) + 511) / 512 * 512
        }
        var read = try bytes[place...].withUnsafeBytes { raw in
            let block = TarBlock(bytes: UnsafeRawBufferPointer(rebasing: raw[..<512]))
            try block.check()
            return try block.header()
        }
        try records.apply(to: &read)
        #expect(read.name == header.name && read.link == header.link)
        #expect(read.owner == header.owner && read.group == header.group)
        #expect(read.mode == header.mode && read.modified == header.modified)
        #expect(read.major == header.major && read.minor == header.minor)
    }
}
