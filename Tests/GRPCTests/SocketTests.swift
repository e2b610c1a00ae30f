internal import Foundation
internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    private let echo: [String: Method] = ["/t.T/Echo": .unary { $0 }]

    @Test func aSecondServerIsRefusedAndTheFirstGoesOn() async throws {
        let first = try TestServer(echo)
        let refusal = #expect(throws: SocketFile.Refusal.self) {
            try TestServer(echo, socketPath: first.socketPath)
        }
        #expect(refusal?.description.contains(first.socketPath) == true)
        #expect(await first.client.call("/t.T/Echo", [[1]]).messages == [[1]])
        await first.end()
    }

    @Test func theSocketOfAKilledServerIsReplaced() async throws {
        let path = TestServer.newPath()
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(stale, $0, length) }
        }
        close(stale)
        try #require(bound == 0)
        let test = try TestServer(echo, socketPath: path)
        #expect(await test.client.call("/t.T/Echo", [[1]]).messages == [[1]])
        await test.end()
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let path = TestServer.newPath()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let refusal = #expect(throws: SocketFile.Refusal.self) {
            try TestServer(echo, socketPath: path)
        }
        #expect(refusal?.description.contains(path) == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        try? FileManager.default.removeItem(atPath: path + ".lock")
    }

    /// unix(7): `sun_path` has 108 bytes with the NUL at the end.
    @Test func aPathTooLongForASocketIsRefused() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        let refusal = #expect(throws: SocketFile.Refusal.self) {
            try TestServer(echo, socketPath: path)
        }
        #expect(refusal?.description.contains("107") == true)
    }

    @Test func theSocketHasTheModeThatWasAsked() async throws {
        let test = try TestServer([:])
        let attributes = try FileManager.default.attributesOfItem(atPath: test.socketPath)
        #expect(attributes[.posixPermissions] as? Int == 0o660)
        await test.end()
    }
}
