import Testing

@testable import Service

@Suite struct AuditTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a\nb", #"a\x0ab"#), ("\r\n", #"\x0d\x0a"#),
        ("\u{1b}[31m", #"\x1b[31m"#), ("é\u{2028}", #"\xc3\xa9\xe2\x80\xa8"#),
        (#"\x0a"#, #"\\x0a"#),
        ("\u{7f}\u{85}", #"\x7f\xc2\x85"#), ("\0", #"\x00"#),
    ])
    func bytesThatAreNotPrintable(_ text: String, _ quoted: String) {
        #expect(AuditText.quote(text) == quoted)
    }

    @Test(arguments: [
        (["sh", "-c", "exit 3"], "sh -c 'exit 3'"), (["true"], "true"), ([], ""),
        (["a", "", "b"], "a '' b"), (["$HOME", "x;y"], "'$HOME' 'x;y'"),
    ])
    func commands(_ arguments: [String], _ text: String) {
        #expect(AuditText.command(arguments) == text)
    }

    @Test func lengthsAreBounded() {
        #expect(AuditText.quote(String(repeating: "x", count: 100), limit: 4) == "xxxx…")
        let many = [String](repeating: "word", count: 1_000_000)
        #expect(AuditText.command(many, limit: 10) == "word word w…")
        #expect(AuditText.command(many, limit: 9) == "word word …")
        let long = AuditText.command(["a", String(repeating: "\n", count: 10_000)], limit: 16)
        #expect(long.utf8.count < 100)
    }
}
