internal import CProtobuf
internal import Model
internal import Text

/// A message as JSON, read from its protobuf-c struct with the help of the descriptor.
///
/// As ProtoJSON, but under the contract's own field names, with zero values, with 64-bit integers
/// as numbers, and with `bytes` as text. A message that is not there is left out.
extension JSONValue {
    init(message: UnsafePointer<ProtobufCMessage>) {
        let descriptor = message.pointee.descriptor.pointee
        guard String(cString: descriptor.short_name) != "AuthConfig" else {
            self = "redacted"  // cri-api marks what is in it debug_redact
            return
        }
        var members: [String: JSONValue] = [:]
        for field in UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields))
        {
            members[String(cString: field.name)] = field.json(of: UnsafeRawPointer(message))
        }
        self = .object(members)
    }

    fileprivate init(_ number: UInt64) {
        self = Int64(exactly: number).map { .integer($0) } ?? .string("\(number)")
    }

    fileprivate init(_ data: ProtobufCBinaryData) {
        self = .string(String(decoding: Fields.bytes(data), as: UTF8.self))
    }
}

extension ProtobufCFieldDescriptor {
    fileprivate func json(of message: UnsafeRawPointer) -> JSONValue? {
        let place = message + Int(offset)
        guard label == PROTOBUF_C_LABEL_REPEATED else { return json(at: place) }
        let count = (message + Int(quantifier_offset)).load(as: Int.self)
        let first = place.load(as: UnsafeRawPointer?.self)
        let elements = (0..<count).compactMap { index in
            first.flatMap { json(at: $0 + index * stride) }
        }
        return isMap ? Self.object(ofEntries: elements) : .array(elements)
    }

    private func json(at place: UnsafeRawPointer) -> JSONValue? {
        switch type {
        case PROTOBUF_C_TYPE_INT32: .integer(Int64(place.load(as: Int32.self)))
        case PROTOBUF_C_TYPE_INT64: .integer(place.load(as: Int64.self))
        case PROTOBUF_C_TYPE_UINT32: .integer(Int64(place.load(as: UInt32.self)))
        case PROTOBUF_C_TYPE_UINT64: JSONValue(place.load(as: UInt64.self))
        case PROTOBUF_C_TYPE_DOUBLE: .number(place.load(as: Double.self))
        case PROTOBUF_C_TYPE_BOOL: .bool(place.load(as: protobuf_c_boolean.self) != 0)
        case PROTOBUF_C_TYPE_BYTES: JSONValue(place.load(as: ProtobufCBinaryData.self))
        case PROTOBUF_C_TYPE_ENUM: nameOfValue(place.load(as: Int32.self))
        case PROTOBUF_C_TYPE_STRING:
            place.load(as: UnsafePointer<CChar>?.self).map { .string(String(cString: $0)) }
        default:
            place.load(as: UnsafePointer<ProtobufCMessage>?.self).map { JSONValue(message: $0) }
        }
    }

    /// The distance of two elements of a repeated field. The contracts repeat no other types.
    private var stride: Int {
        switch type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_UINT32: MemoryLayout<Int32>.stride
        default: MemoryLayout<Int64>.stride
        }
    }

    private func nameOfValue(_ value: Int32) -> JSONValue {
        let known = descriptor.flatMap {
            protobuf_c_enum_descriptor_get_value(
                $0.assumingMemoryBound(to: ProtobufCEnumDescriptor.self), value)
        }
        return known.map { .string(String(cString: $0.pointee.name)) } ?? .integer(Int64(value))
    }

    /// protoc turns each map into repeated messages of a type of its own, whose name ends so.
    private var isMap: Bool {
        guard type == PROTOBUF_C_TYPE_MESSAGE, let descriptor else { return false }
        let entry = descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self).pointee
        return String(cString: entry.short_name).ends(with: "Entry")
    }

    private static func object(ofEntries entries: [JSONValue]) -> JSONValue {
        let pairs = entries.compactMap { entry in
            entry["key"]?.string.map { ($0, entry["value"] ?? .null) }
        }
        return .object(Dictionary(pairs, uniquingKeysWith: { $1 }))
    }
}
