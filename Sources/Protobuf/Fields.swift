package import CProtobuf
internal import Model
internal import Text

/// From the fields of a protobuf-c struct to Swift values.
///
/// protobuf-c does not check that text is UTF-8, so that is done here. It ends text at an embedded
/// NUL, which no field of the contract may hold.
package enum Fields {
    package static func string(_ text: UnsafeMutablePointer<CChar>?, _ field: String) throws
        -> String
    {
        guard let text else { return "" }
        guard let string = String(validatingCString: text) else {
            throw GantryError(.invalidArgument, "the field \(field) is not UTF-8")
        }
        return string
    }

    package static func strings(
        _ count: Int, _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ field: String
    ) throws -> [String] {
        try UnsafeBufferPointer(start: texts, count: count).map { try string($0, field) }
    }

    package static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data.data, count: data.len))
    }

    package static func numbers<Number>(_ count: Int, _ first: UnsafeMutablePointer<Number>?)
        -> [Number]
    {
        Array(UnsafeBufferPointer(start: first, count: count))
    }

    package static func messages<M: CMessage>(
        _ count: Int, _ first: UnsafeMutablePointer<UnsafeMutablePointer<M.C>?>?
    ) throws -> [M] {
        try UnsafeBufferPointer(start: first, count: count).compactMap { element in
            try element.map { try M($0.pointee) }
        }
    }

    package static func map<Entry: MapEntry>(
        _ count: Int, _ first: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, _ field: String
    ) throws -> [String: String] {
        var map: [String: String] = [:]
        for case let entry? in UnsafeBufferPointer(start: first, count: count) {
            let key = try string(entry.pointee.key, field)
            // Of equal keys the last counts (protobuf's encoding, "Maps"). A Dictionary would take
            // others for equal too.
            if let index = map.index(forKey: key), !map[index].key.isSame(as: key) {
                throw GantryError(
                    .invalidArgument,
                    "the field \(field) has the key \(key) in two forms of Unicode")
            }
            map[key] = try string(entry.pointee.value, field)
        }
        return map
    }

    /// A value that this version of the contract does not have is refused: to take it for another
    /// could weaken what was asked for.
    package static func enumeration<E: RawRepresentable<Int32>>(
        _ value: UInt32, _ field: String
    ) throws -> E {
        guard let known = E(rawValue: Int32(bitPattern: value)) else {
            throw GantryError(
                .invalidArgument,
                "the field \(field) has the unknown value \(Int32(bitPattern: value))")
        }
        return known
    }
}

/// The struct of a map's entry; each map has its own, all alike. Swift imports a C pointer as an
/// implicitly unwrapped optional, and a witness must be declared alike.
package protocol MapEntry {
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var key: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var value: UnsafeMutablePointer<CChar>! { get set }
}
