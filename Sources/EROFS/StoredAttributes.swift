internal import Model

/// Extended attributes as they stand behind their inode.
struct StoredAttributes {
    let bytes: [UInt8]

    /// Nothing, or a header of 12 bytes and what has four bytes in each unit.
    var count: Int { bytes.count }

    /// What the inode says of them: 0, or 1 for the header and 1 for each unit.
    var units: UInt16 { bytes.isEmpty ? 0 : UInt16((bytes.count - Self.header) / 4 + 1) }

    private static let header = 12
    /// A unit's number has 16 bits.
    private static let most = header + 4 * (Int(UInt16.max) - 1)

    private static let prefixes: [(text: [UInt8], index: UInt8)] = [
        (Array("user.".utf8), 1), (Array("trusted.".utf8), 4), (Array("security.".utf8), 6),
    ]

    /// - Throws: `GantryError` (`unimplemented`) for what the format has no place for.
    init(_ attributes: [Attribute]) throws(GantryError) {
        var bytes: [UInt8] = attributes.isEmpty ? [] : Array(repeating: 0, count: Self.header)
        for attribute in attributes {
            guard let prefix = Self.prefixes.first(where: { attribute.name.starts(with: $0.text) }),
                attribute.name.count <= 255, attribute.value.count <= Int(UInt16.max)
            else { throw Self.refused(attribute) }
            let name = attribute.name.dropFirst(prefix.text.count)
            let size = UInt16(attribute.value.count)
            bytes += [UInt8(name.count), prefix.index, UInt8(size & 0xff), UInt8(size >> 8)]
            bytes += name
            bytes += attribute.value
            bytes += Array(repeating: 0, count: (4 - bytes.count % 4) % 4)
            guard bytes.count <= Self.most else { throw Self.refused(attribute) }
        }
        self.bytes = bytes
    }

    private static func refused(_ attribute: Attribute) -> GantryError {
        let name = String(decoding: attribute.name, as: UTF8.self)
        return GantryError(
            .unimplemented,
            "the attribute \(name) of \(attribute.value.count) bytes has no place in EROFS")
    }
}
