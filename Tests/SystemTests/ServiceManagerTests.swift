import Glibc
import Testing

@testable import System

@Suite struct ServiceManagerTests {
    @Test func withoutASocketNobodyIsTold() {
        let manager = ServiceManager(["WATCHDOG_USEC": "1000000"])
        #expect(manager.watchdog == nil)
        manager.tell(.ready)
    }

    @Test func theWatchdogMayBeAnotherProcesss() {
        var environment = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "3000000"]
        #expect(ServiceManager(environment, process: 7).watchdog == .seconds(3))
        environment["WATCHDOG_PID"] = "7"
        #expect(ServiceManager(environment, process: 7).watchdog == .seconds(3))
        #expect(ServiceManager(environment, process: 8).watchdog == nil)
    }

    @Test(arguments: ["/tmp/gantry-notify.\(getpid())", "@gantry-notify.\(getpid())"])
    func statesAreLinesOfADatagram(_ name: String) throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(socket)
            unlink(name)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
        if name.hasPrefix("@") { address.sun_path.0 = 0 }
        let length = socklen_t(2 + name.utf8.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        try #require(bound == 0)
        ServiceManager(["NOTIFY_SOCKET": name]).tell(.ready, .status("serving"))
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        try #require(count > 0)
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == "READY=1\nSTATUS=serving")
    }
}
