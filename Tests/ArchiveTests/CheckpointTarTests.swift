import CLinux
import Foundation
import Glibc
import ImageTree
import Kernel
import Model
import Testing

@testable import Archive

/// Archives of checkpoints, which GNU tar reads as well.
struct CheckpointTarTests {
    private func withPlace<Result>(_ body: (String) throws -> Result) throws -> Result {
        let place = NSTemporaryDirectory() + "/checkpoint-\(UUID().uuidString)"
        for name in ["ready/checkpoint", "layer/etc", "out/layer"] {
            try Files.makeDirectories("\(place)/\(name)")
        }
        defer { try? FileManager.default.removeItem(atPath: place) }
        return try body(place)
    }

    private func run(_ arguments: String...) throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/tar")
        program.arguments = arguments
        try program.run()
        program.waitUntilExit()
        #expect(program.terminationStatus == 0)
    }

    private func unpack(_ place: String, log: FilePart? = nil) throws {
        let file = try Files.open("\(place)/archive", O_RDWR | O_CREAT | O_EXCL)
        try CheckpointTar(ready: "\(place)/ready", layer: "\(place)/layer", log: log, .none)
            .write(to: file) { false }
        try run("-xf", "\(place)/archive", "-C", "\(place)/out")
        try run("-xf", "\(place)/out/rootfs-diff.tar", "-C", "\(place)/out/layer")
    }

    @Test func itsPartsAreWhereTheyAreLookedFor() throws {
        try withPlace { place in
            try Files.replace("\(place)/ready/config.dump", with: Array("{}".utf8))
            try Files.replace("\(place)/ready/checkpoint/pages-1.img", with: [1, 2, 3])
            try Files.replace("\(place)/layer/etc/new", with: Array("new".utf8))
            try Files.replace("\(place)/log", with: Array("line\n".utf8))
            let log = try FilePart(whole: try Files.open("\(place)/log"), "log")
            try unpack(place, log: log)
            #expect(try Files.readText("\(place)/out/config.dump") == "{}")
            #expect(try Files.read("\(place)/out/checkpoint/pages-1.img") == [1, 2, 3])
            #expect(try Files.readText("\(place)/out/container.log") == "line\n")
            #expect(try Files.readText("\(place)/out/layer/etc/new") == "new")
        }
    }

    @Test(arguments: ["redirect", "metacopy"]) func whatOverlayKeepsElsewhere(_ kind: String) throws
    {
        try withPlace { place in
            let path = "\(place)/layer/etc\(kind == "metacopy" ? "/file" : "")"
            if kind == "metacopy" { try Files.replace(path, with: [0]) }
            try #require(setxattr(path, "user.overlay.\(kind)", "/", 1, 0) == 0)
            let error = #expect(throws: GantryError.self) { try unpack(place) }
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message.contains(kind) == true)
        }
    }

    @Test func holesAreKept() throws {
        try withPlace { place in
            let name = String(repeating: "n", count: 150)
            let path = "\(place)/layer/\(name)"
            try Files.replace(path, with: Array("begin".utf8))
            let file = try Files.open(path, O_RDWR)
            truncate(path, 1 << 36)
            pwrite(file.raw, "end", 3, (1 << 36) - 3)
            try unpack(place)
            #expect(try Files.size("\(place)/archive") < 1 << 20)
            #expect(try Files.size("\(place)/out/layer/\(name)") == 1 << 36)
            let read = try Files.open("\(place)/out/layer/\(name)")
            var bytes = [UInt8](repeating: 0, count: 5)
            pread(read.raw, &bytes, 5, 0)
            #expect(bytes == Array("begin".utf8))
            pread(read.raw, &bytes, 3, (1 << 36) - 3)
            #expect(bytes.prefix(3) == Array("end".utf8)[...])
        }
    }

    @Test func aFileOfNothingButAHole() throws {
        try withPlace { place in
            try Files.replace("\(place)/layer/hole", with: [])
            truncate("\(place)/layer/hole", 1 << 30)
            try unpack(place)
            #expect(try Files.size("\(place)/out/layer/hole") == 1 << 30)
        }
    }
}
