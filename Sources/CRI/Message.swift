public import Model

/// A message of the contract as a plain value, with its protobuf encoding.
public protocol Message: Sendable {
    /// - Throws: `GantryError` (`invalidArgument`) that says what is malformed.
    static func decode(_ bytes: [UInt8]) throws -> Self

    /// The encoding; the entries of maps come in the order of their keys.
    func encoded() throws -> [UInt8]

    /// The message for people to read, under the contract's field names; secrets are left out.
    func json() -> JSONValue
}
