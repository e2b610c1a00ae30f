import Glibc
import Kernel
import Model
import Testing

@testable import Takeover

@Suite struct TarSplitTests {
    private func put(_ lines: String) throws -> String {
        var template = Array("/tmp/gantry-takeover-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", errno: errno) }
        let directory = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            for name in ["diff/a", "tar"] { unlink("\(directory)/\(name)") }
            rmdir("\(directory)/diff")
            rmdir(directory)
        }
        try Files.makeDirectories("\(directory)/diff")
        try Files.replace("\(directory)/diff/a", with: Array("content".utf8))
        try TarSplit(Array(lines.utf8)).write(
            filesOf: "\(directory)/diff", to: "\(directory)/tar")
        return try Files.readText("\(directory)/tar")
    }

    @Test func piecesAndFiles() throws {
        let text = try put(
            """
            {"type":2,"payload":"PGhlYWQ+","position":0}
            {"type":1,"name":"a","size":7,"payload":"AAAA","position":1}
            {"type":1,"name":"empty","position":2}
            {"type":2,"payload":"PGVuZD4=","position":3}

            """)
        #expect(text == "<head>content<end>")
    }

    @Test(arguments: [
        #"{"type":1,"name":"missing","size":7}"#, #"{"type":1,"name":"a","size":8}"#,
        #"{"type":1,"name":"../../etc/passwd","size":1}"#, #"{"type":3}"#, "{",
        #"{"type":2,"payload":"*"}"#,
    ])
    func whatDoesNotFitIsAnError(_ line: String) {
        #expect(throws: (any Error).self) { try put(line) }
    }

    @Test(arguments: [
        ("manifest", "manifest"), ("sha256:ab", "=c2hhMjU2OmFi"), ("a-b", "=YS1i"),
    ])
    func filesOfKeys(_ key: String, _ file: String) {
        #expect(ContainersStorage.keyFile(key) == file)
    }
}
