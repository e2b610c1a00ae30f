internal import CProtobuf

/// How a message becomes its protobuf-c struct and back. The conformances are generated.
package protocol CMessage: Sendable {
    associatedtype C

    static var descriptor: Descriptor { get }
    init(_ c: C) throws
    func fill(_ c: UnsafeMutablePointer<C>, _ arena: Arena)
}

extension CMessage {
    /// This message as a struct that lives as long as the arena.
    package func make(_ arena: Arena) -> UnsafeMutablePointer<C> {
        let c = arena.allocate(1, of: C.self)
        Self.descriptor.initialise(c)
        fill(c, arena)
        return c
    }
}

/// What protobuf-c knows of a message type. The pointer is to a constant in its generated code.
package struct Descriptor: @unchecked Sendable {
    let pointer: UnsafePointer<ProtobufCMessageDescriptor>?

    /// Swift would copy the constant; what the generated `__init` stores is its true address.
    package init<C>(_ initialise: (UnsafeMutablePointer<C>?) -> Void) {
        pointer = withUnsafeTemporaryAllocation(of: C.self, capacity: 1) { buffer in
            initialise(buffer.baseAddress)
            return UnsafeRawPointer(buffer.baseAddress)?
                .load(as: ProtobufCMessage.self).descriptor
        }
    }

    package func initialise<C>(_ c: UnsafeMutablePointer<C>) {
        protobuf_c_message_init(pointer, c)
    }
}
