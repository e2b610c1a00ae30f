import Testing
import Text

/// Each of these differs when it is done by Characters.
struct TextTests {
    @Test func aCarriageReturnDoesNotHideANewline() {
        #expect("a\r\nb".split(at: "\n") == ["a\r", "b"])
        #expect("a\r\n\r\nb\n".lines == ["a", "b"])
        #expect("a\r\nb c".words == ["a", "b", "c"])
    }

    @Test func aCombiningMarkDoesNotHideASeparator() throws {
        #expect("../\u{301}x".split(at: "/").first == "..")
        #expect("/\u{301}".begins(with: "/"))
        #expect("a/\u{301}".has("/"))
        let (name, value) = try #require("A=\u{301}b".cut(at: "="))
        #expect(name == "A" && value.unicodeScalars.elementsEqual("\u{301}b".unicodeScalars))
        #expect("a:\u{301}".head(before: ":/") == "a")
        #expect("x/\u{301}y/\u{301}z".cutLast(at: "/")?.head.isSame(as: "x/\u{301}y") == true)
    }

    @Test func prefixesAndSuffixesAreBytes() {
        #expect("e\u{301}".begins(with: "e"))
        #expect(!"\u{e9}".begins(with: "e\u{301}"))
        #expect("a\u{301}.json".removing(suffix: ".json")?.isSame(as: "a\u{301}") == true)
        #expect("user.\u{301}".removing(prefix: "user.")?.isSame(as: "\u{301}") == true)
        #expect("us".removing(prefix: "user.") == nil && "on".removing(suffix: ".json") == nil)
    }

    @Test func equivalentTextIsNotTheSame() {
        #expect("\u{e9}" == "e\u{301}")
        #expect(!"\u{e9}".isSame(as: "e\u{301}"))
        #expect(Set([ExactText("\u{e9}"), ExactText("e\u{301}"), "\u{e9}"]).count == 2)
        #expect(!["\u{212a}"].has(same: "K"))
    }

    @Test func casesAreThoseOfASCII() {
        #expect("\u{212a}eEp".lowercasedASCII.isSame(as: "\u{212a}eep"))
        #expect("sigterm\u{131}".uppercasedASCII.isSame(as: "SIGTERM\u{131}"))
    }

    @Test func trimsAndReplaces() {
        #expect(" \t a b\r\n".trimmed == "a b")
        #expect("   ".trimmed.isEmpty)
        #expect("a\r\nb".replacing("\n", by: "\\n").isSame(as: "a\r\\nb"))
        #expect("a}\u{301}{b".has(text: "}\u{301}{") && !"ab".has(text: "abc"))
    }

    @Test(arguments: ["", "x", "/", "//", "a/", "/a"])
    func agreesWithCharactersOnPlainText(_ text: String) {
        #expect(text.split(at: "/") == text.split(separator: "/"))
        #expect(
            text.split(at: "/", maxSplits: 1, omittingEmptySubsequences: false)
                == text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false))
    }
}
