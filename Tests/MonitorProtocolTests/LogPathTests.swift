internal import Testing

@testable import MonitorProtocol

@Suite struct LogPathTests {
    @Test(arguments: [
        ("/var/log/pods/a", "c/0.log", "/var/log/pods/a//c/0.log", "/var/log/pods/a/c/0.log"),
        ("/var//log/", "/c//./0.log", "/var/log//c/0.log", "/var/log/c/0.log"),
        ("/logs", "a/../0.log", "/logs//0.log", "/logs/0.log"),
        ("/", "0.log", "///0.log", "//0.log"),
    ])
    func belowTheDirectory(directory: String, name: String, text: String, path: String) throws {
        let log = try #require(LogPath(directory: directory, name: name))
        #expect(log.text == text)
        #expect(log.path == path)
        let read = LogPath(text)
        #expect(read.path == path)
        #expect(read.name == log.name)
    }

    @Test(arguments: ["..", "../0.log", "a/../../0.log", "/../x", ".", "a/..", "/", ""])
    func elsewhere(name: String) {
        #expect(LogPath(directory: "/logs", name: name) == nil)
    }

    /// As daemons of before have written it.
    @Test func withoutAMark() {
        let log = LogPath("/var/log/pods/a/c/0.log")
        #expect(log.directory == "/var/log/pods/a/c")
        #expect(log.name == "0.log")
    }
}
