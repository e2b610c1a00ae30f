import Model
import Testing
import YAML

@Suite struct YAMLTests {
    private func parse(_ text: String) throws -> JSONValue {
        try YAMLDocument.parse(Array(text.utf8))
    }

    @Test func documents() throws {
        let text = """
            ---
            kind: nvidia.com/gpu   # a comment
            devices:
            - name: "0"
              nodes: [{path: /dev/a, minor: -3}, {}]
            - name: 'one'
            empty:
            text: |
              two
              lines
            """
        let nodes: JSONValue = [["path": "/dev/a", "minor": -3], .object([:])]
        #expect(
            try parse(text) == [
                "kind": "nvidia.com/gpu", "empty": .null, "text": "two\nlines",
                "devices": [["name": "0", "nodes": nodes], ["name": "one"]],
            ])
    }

    @Test(arguments: [
        ("1", JSONValue.integer(1)), ("-7", .integer(-7)), ("0666", .integer(0o666)),
        ("0o17", .integer(15)), ("089", .integer(89)), ("1.5", .number(1.5)), ("0.5.0", "0.5.0"),
        ("\"1\"", "1"), ("true", true), ("'true'", "true"), ("~", .null), ("yes", "yes"),
        ("nan", "nan"), ("FOO=1", "FOO=1"), ("0", .integer(0)),
    ])
    func scalars(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        ("", "holds no document"), ("a: [", "did not find"), ("a: 1\n b: 2", "line 2"),
        ("a: &x 1\nb: *x", "alias"), ("a: 1\na: 2", "twice"), ("a\n---\nb", "more than one"),
        ("? [a]\n: b", "no text"), (String(repeating: "[", count: 100), "deeply"), ("\u{1}", ""),
    ])
    func whatIsRefused(text: String, words: String) throws {
        let error = #expect(throws: GantryError.self) { try parse(text) }
        #expect(error?.code == .invalidArgument)
        let said = error?.message ?? ""
        #expect(words.isEmpty || said.contains(words))
    }
}
