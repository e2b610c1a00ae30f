import EROFS
import Foundation
import Testing

/// What erofs-utils make of an image. Debian 12's version knows blocks of a page alone; that the kernel
/// reads those of 512 bytes is tried by `conformance/tests/images/test_erofs.py`.
@Suite(.enabled(if: Tool.areInstalled, "fsck.erofs is not installed (Debian: erofs-utils)"))
struct ToolTests {
    private let directory = FileManager.default.temporaryDirectory.appending(
        path: UUID().uuidString)

    private func check(_ inodes: [Inode]) throws -> String {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let content = Data((0..<(1 << 16)).map { UInt8(truncatingIfNeeded: $0 / 512) })
        let device = directory.appending(path: "device")
        try content.write(to: device)
        let metadata = try Metadata(
            inodes, devices: [Device(size: 1 << 16)], identity: Array(1...16), blockBits: 12)
        var file = Data(metadata.bytes) + Data(count: Int(metadata.size) - metadata.bytes.count)
        for copy in metadata.copies {
            let (from, to) = (Int(copy.position), Int(copy.target))
            file.replaceSubrange(
                to..<(to + Int(copy.length)), with: content[from..<(from + Int(copy.length))])
        }
        let image = directory.appending(path: "image")
        try file.write(to: image)
        let found = try Tool.run(
            "fsck.erofs", ["--device=\(device.path())", "--extract", image.path()])
        #expect(found.status == 0, "\(found.output)")
        let listed = try Tool.run("dump.erofs", ["--device=\(device.path())", "-S", image.path()])
        #expect(listed.status == 0, "\(listed.output)")
        return listed.output
    }

    @Test func everyKindOfFile() throws {
        let statistics = try check(Samples.everyKind())
        #expect(statistics.contains("Filesystem total file count:"))
    }

    @Test(arguments: [0, 1, 10, 200, 20_000])
    func directoriesOfAnySize(_ count: Int) throws {
        _ = try check(Samples.many(count))
    }
}

enum Tool {
    static let areInstalled = ["fsck.erofs", "dump.erofs"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String)
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(name)")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
