internal import CProtobuf
package import Model

/// Bytes to values and back, by way of protobuf-c.
package enum Codec {
    package static func decode<M: CMessage>(_ bytes: [UInt8]) throws -> M {
        let budget = leastBudget + bytes.count * 4
        let arena = Arena(budget: budget)
        return try arena.withAllocator { allocator in
            let message = protobuf_c_message_unpack(
                M.descriptor.pointer, allocator, bytes.count, bytes)
            guard let message else {
                throw GantryError(
                    .invalidArgument,
                    "the bytes are no \(M.self), or one of more than \(budget) bytes of memory")
            }
            return try M(UnsafeRawPointer(message).load(as: M.C.self))
        }
    }

    /// Two bytes of an encoding, an empty element of a list, become a struct of hundreds of bytes. What is
    /// sent in earnest takes a few times its encoding.
    private static let leastBudget = 16 << 20

    package static func encode<M: CMessage>(_ message: M) -> [UInt8] {
        withStruct(of: message) { base in
            let size = protobuf_c_message_get_packed_size(base)
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = protobuf_c_message_pack(base, buffer.baseAddress)
            }
        }
    }

    package static func json<M: CMessage>(_ message: M) -> JSONValue {
        withStruct(of: message) { JSONValue(message: $0) }
    }

    private static func withStruct<M: CMessage, Result>(
        of message: M, _ body: (UnsafePointer<ProtobufCMessage>) -> Result
    ) -> Result {
        let arena = Arena()
        return withExtendedLifetime(arena) {
            let base = UnsafeRawPointer(message.make(arena))
            return body(base.assumingMemoryBound(to: ProtobufCMessage.self))
        }
    }
}
