internal import CCRI
internal import CProtobuf
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

/// How a message becomes its protobuf-c struct and back. The conformances are generated.
protocol CMessage: Sendable {
    associatedtype C

    static var descriptor: Descriptor { get }
    init(_ c: C) throws
    func fill(_ c: UnsafeMutablePointer<C>, _ arena: Arena)
}

extension CMessage {
    /// This message as a struct that lives as long as the arena.
    func make(_ arena: Arena) -> UnsafeMutablePointer<C> {
        let c = arena.allocate(1, of: C.self)
        Self.descriptor.initialise(c)
        fill(c, arena)
        return c
    }
}

/// What protobuf-c knows of a message type. The pointer is to a constant in its generated code.
struct Descriptor: @unchecked Sendable {
    let pointer: UnsafePointer<ProtobufCMessageDescriptor>?

    /// Swift would copy the constant; what the generated `__init` stores is its true address.
    init<C>(_ initialise: (UnsafeMutablePointer<C>?) -> Void) {
        pointer = withUnsafeTemporaryAllocation(of: C.self, capacity: 1) { buffer in
            initialise(buffer.baseAddress)
            return UnsafeRawPointer(buffer.baseAddress)?
                .load(as: ProtobufCMessage.self).descriptor
        }
    }

    func initialise<C>(_ c: UnsafeMutablePointer<C>) {
        protobuf_c_message_init(pointer, c)
    }
}
