import Model
import Testing

@testable import TOML

struct TOMLTests {
    private func table(_ text: String) throws -> TOMLTable { try TOMLTables.parse(text) }

    @Test(arguments: [
        (#"a = "b\t\u00e9\"""#, "b\té\""), (#"a = 'b\t'"#, "b\\t"),
        ("a = \"\"\"\nb\n c\"\"\"", "b\n c"),
        ("a = \"\"\"b \\\n   c\"\"\"", "b c"), ("a = '''b'''''", "b''"), ("a = \"\" # b", ""),
        (#"a = """"b"""""#, "\"b\""),
    ])
    func strings(_ text: String, _ value: String) throws {
        #expect(try table(text)["a"] == .string(value))
    }

    @Test(arguments: [
        ("1_000", TOMLValue.integer(1000)), ("-0", .integer(0)),
        ("0xdead_beef", .integer(0xdead_beef)),
        ("0o17", .integer(15)), ("0b101", .integer(5)), ("+1.5e-1", .number(0.15)),
        ("1e3", .number(1000)),
        ("-inf", .number(-.infinity)), ("true", .bool(true)), ("1979-05-27", .time("1979-05-27")),
        ("1979-05-27 07:32:00.5Z", .time("1979-05-27 07:32:00.5Z")),
        ("07:32:00", .time("07:32:00")),
        ("[1, [2,\n# three\n], ]", .array([.integer(1), .array([.integer(2)])])),
    ])
    func values(_ text: String, _ value: TOMLValue) throws {
        #expect(try table("a = \(text)")["a"] == value)
    }

    @Test(arguments: [
        "a", "a =", "a = 01", "a = 1__0", "a = 1.", "a = .5", "a = 0x", "a = truth", "a = 1 b = 2",
        "a = 1\na = 2", "[a]\n[a]", "[a", "[[a]", "a = [1\nb = 2", "a = [1 2]", "a = {b = 1,}",
        "a = {b = 1\n}", "a = \"b", "a = \"b\nc\"", #"a = "\x""#, #"a = "\ud800""#,
        #"a = "\u0000""#,
        "a = {b = 1}\na.c = 2", "a = {b = 1}\n[a.c]", "a = []\n[[a]]", "a = 1\n[a.b]", "[[a]]\n[a]",
        "[a.b]\nc = 1\n[a]\nb.d = 2", "[a]\nb.c = 1\n[a.b]", "a.b = 1\n[a]",
        "[[a]]\n[a.b]\n[[a.b]]",
        "= 1", "a.= 1", "\"\"\"a\"\"\" = 1", "a = 'b\u{1}'", "# \u{1}",
    ])
    func refusals(_ text: String) {
        #expect(throws: TOMLError.self) { try table(text) }
    }

    @Test func tables() throws {
        let table = try table(
            """
            "a b".c = 1
            [x.y] # implicit x
            k = 2
            [x]
            z.w = {v.u = 3}
            [x.z.more]
            [[list]]
            n = 1
            [list.sub]
            [[list]]
            n = 2
            """)
        #expect(table.keys == ["a b", "x", "list"])
        #expect(table["a b"]?.table?["c"] == .integer(1))
        #expect(table["x"]?.table?["y"]?.table?["k"] == .integer(2))
        let z = table["x"]?.table?["z"]?.table
        #expect(z?["w"]?.table?["v"]?.table?["u"] == .integer(3) && z?.keys == ["w", "more"])
        #expect(table["list"]?.array?.map { $0.table?["n"] } == [.integer(1), .integer(2)])
        #expect(table["list"]?.array?.first?.table?.keys == ["n", "sub"])
    }

    @Test func depthIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: TOMLError(line: 1, what: "it is nested too deeply")) {
            try table("a = \(deep)")
        }
    }

    /// The parser that was used before aborted over such a key in debug builds.
    @Test func aValueOfAnotherKindIsAnErrorThatNamesFileAndKey() throws {
        let file = try TOMLSection("[a]\nb = 5\nc = \"text\"\nd = 1979-05-27", "/x.toml")
        let section = try #require(try file.section("a"))
        #expect(message { try section.string("b") } == "/x.toml: a.b: want a string")
        #expect(message { try section.strings("b") } == "/x.toml: a.b: want a list of strings")
        #expect(message { try section.bool("c") } == "/x.toml: a.c: want true or false")
        #expect(
            message { try section.positive("c") } == "/x.toml: a.c: want a whole number above zero")
        #expect(message { try section.section("c") } == "/x.toml: a.c: want a table")
        #expect(message { try section.sections("b") } == "/x.toml: a.b: want a list of tables")
        #expect(message { try section.string("d") } == "/x.toml: a.d: want a string")
        #expect(
            message { try TOMLSection("a = 1\nb = ", "/x.toml") } == "/x.toml: line 2: want a value"
        )
    }

    @Test func contentThatIsNotUTF8IsRefusedWithItsLine() throws {
        #expect(try TOMLSection.text(Array("a = \"é\"".utf8), "/x.toml") == "a = \"é\"")
        #expect(
            message { try TOMLSection.text(Array("a = 1\nb = \"".utf8) + [0xe9, 0x22], "/x.toml") }
                == "/x.toml: line 2: not UTF-8")
    }

    private func message(_ body: () throws -> Any?) -> String? {
        do { _ = try body() } catch { return (error as? GantryError)?.message }
        return nil
    }
}
