internal import FoundationEssentials
internal import Model

extension JSONValue {
    init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
