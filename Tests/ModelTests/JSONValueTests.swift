import FoundationEssentials
import Model
import Testing

@Suite struct JSONValueTests {
    private func decode(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func everyKind() throws {
        let value = try decode(
            #"{"a": [null, true, 1, 1.5, "x", [], {}], "b": -9223372036854775808}"#)
        #expect(
            value == [
                "a": [.null, true, 1, .number(1.5), "x", [], [:]], "b": .integer(.min),
            ])
    }

    /// Before, a thousand bytes took 16 seconds and 800 MB under AddressSanitizer.
    @Test(arguments: ["[", #"{"a":"#])
    func howDeepItMayBe(opening: String) throws {
        func nested(_ depth: Int) -> String {
            let closing = opening == "[" ? "]" : "}"
            let inner = String(repeating: opening, count: depth)
            return inner + "1" + String(repeating: closing, count: depth)
        }
        _ = try decode(nested(64))
        let error = #expect(throws: DecodingError.self) { try decode(nested(65)) }
        #expect(error.map(String.init(describing:))?.contains("nested deeper than 64") == true)
    }
}
