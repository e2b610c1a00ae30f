internal import Model

/// The connection to a registry failed: no response, or not the whole of one.
public struct TransferError: Error, CustomStringConvertible, Sendable {
    public let description: String
    /// Whether a response had begun.
    public let isAnswered: Bool

    public init(_ description: String, isAnswered: Bool) {
        self.description = description
        self.isAnswered = isAnswered
    }
}

/// An image that the signature policy does not let in.
public struct SignatureError: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// An error on its way from one process to another: what the other side must tell apart, and the text.
public struct ImageFailure: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// A `GantryError` of that code.
        case code(Int32)
        case transfer(isAnswered: Bool)
        case signature
        case cancelled
    }

    public let kind: Kind
    public let text: String

    public init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
