internal import CLinux
internal import Glibc
internal import Kernel
internal import Testing

@testable import System

@Suite struct SecurityLabelTests {
    private func label(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = lgetxattr(path, "user.label", &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<max(0, count - 1)], as: UTF8.self)
    }

    @Test func everythingBelowAndNothingBehindLinks() async throws {
        var template = Array("/tmp/gantry-labels-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        let directory = String(cString: made)
        try Files.makeDirectories("\(directory)/tree/inner")
        for name in ["tree/inner/file", "outside"] {
            try Files.replace("\(directory)/\(name)", with: [])
        }
        try SecurityLabels.set("user.label", "mine:s0", on: "\(directory)/tree")
        #expect(label("\(directory)/tree") == "mine:s0")
        #expect(label("\(directory)/tree/inner/file") == "mine:s0")
        #expect(label("\(directory)/outside") == nil)
        #expect(label(directory) == nil)
        // xattr(7) lets links have no attributes of users: the call is about the link itself.
        symlink("\(directory)/outside", "\(directory)/link")
        #expect(throws: SystemError.self) {
            try SecurityLabels.set("user.label", "mine:s0", on: "\(directory)/link")
        }
        #expect(label("\(directory)/outside") == nil)
        try await Trees.remove(directory)
    }
}
