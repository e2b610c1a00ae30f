import Glibc
import Kernel
import Testing

@testable import System

@Suite struct HostPathsTests {
    private func directory() throws -> String {
        var template = Array("/tmp/gantry-paths-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        return try #require(realpath(made, nil).map { String(cString: $0) })
    }

    @Test func linksAreFollowedAndMissingDirectoriesMade() async throws {
        let directory = try directory()
        let paths = HostPaths()
        let made = try await paths.find("\(directory)/a/b", makesDirectory: true)
        #expect(made.path == "\(directory)/a/b" && made.isDirectory && !made.mayHang)
        symlink("a/b", "\(directory)/link")
        #expect(try await paths.find("\(directory)/link/../b").path == "\(directory)/a/b")
        let error = await #expect(throws: SystemError.self) {
            try await paths.find("\(directory)/no")
        }
        #expect(error?.errno == ENOENT)
        try await Trees.remove(directory)
    }

    @Test func whatIsNoRegularFileIsNotOpened() async throws {
        let directory = try directory()
        mkfifo("\(directory)/fifo", 0o600)
        try Files.replace("\(directory)/file", with: Array("text".utf8))
        let paths = HostPaths()
        #expect(try await paths.read("\(directory)/file", limit: 4) == Array("text".utf8))
        for (name, limit, number) in [
            ("fifo", 4, EINVAL), ("", 4, EINVAL), ("file", 3, EFBIG), ("no", 4, ENOENT),
        ] {
            let error = await #expect(throws: SystemError.self) {
                try await paths.read("\(directory)/\(name)", limit: limit)
            }
            #expect(error?.errno == number, "\(name)")
        }
        try await Trees.remove(directory)
    }

    @Test(arguments: ["", "x 0 0 0 0 0 /", "40755 0 0 0 0", "40755 -1 0 0 0 0 /", "1 2"])
    func answersThatAreNone(text: String) {
        #expect(HostPaths.Found(answer: text) == nil)
    }

    @Test func answers() throws {
        let found = try #require(HostPaths.Found(answer: "40755 8 1 5 6 65735546 /a b\n/c"))
        #expect(found.path == "/a b\n/c" && found.isDirectory && found.mayHang)
        #expect(found.major == 8 && found.minor == 1 && found.uid == 5 && found.gid == 6)
        #expect(HostPaths.Found(answer: "100644 0 0 0 0 ef53 /a")?.mayHang == false)
    }

    @Test func aProgramThatIsMissingIsAnError() async {
        await #expect(throws: SystemError.self) {
            try await HostPaths(program: "/no/such/program", limit: .seconds(5)).find(
                "/no/such/path", makesDirectory: true)
        }
    }

    @Test func equalCallsAreOne() async throws {
        let calls = SharedCalls<String, Int>()
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await calls.run("key") {
                        try await Alarm.sleep(for: .milliseconds(200))
                        return Int.random(in: 0...Int.max)
                    }
                }
            }
            var numbers: Set<Int> = []
            for try await number in group { numbers.insert(number) }
            return numbers
        }
        #expect(numbers.count < 50)
        await #expect(throws: SystemError.self) {
            try await calls.run("key") { throw SystemError("open", errno: ENOENT) }
        }
    }
}
