internal import FoundationEssentials
internal import Model

extension JSONValue {
    /// Reads a document; no output and text after the document are errors too.
    init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    /// With sorted keys, so that equal documents are equal bytes.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    var integer: Int64? {
        if case .integer(let value) = self { return value }
        return nil
    }
}
