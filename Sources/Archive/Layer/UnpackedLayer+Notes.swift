public import ImageProtocol
public import ImageTree
public import Model

/// What fitting a layer needs to know of it, in bytes: another process than the one that unpacked it may
/// do that.
extension UnpackedLayer {
    public var notes: [UInt8] {
        var wire = WireWriter()
        wire.put(diffID.description)
        wire.put(bytes)
        wire.put(inodes)
        wire.put(contents.value)
        wire.put(Array(implicit)) { $0.put($1) }
        wire.put(linksBelow) { $1.put(into: &$0) }
        return wire.bytes
    }

    /// - Throws: `GantryError` (`internal`) for bytes that are none of these.
    public init(
        notes: [UInt8], _ privileges: Privileges, _ limits: LayerLimits
    ) throws(GantryError) {
        var wire = WireReader(notes)
        self.init(
            diffID: try Digest(parsing: try wire.text()), bytes: try wire.number(),
            inodes: try wire.number(), contents: ContentSum(try wire.optionalNumber()),
            privileges: privileges,
            implicit: Set(
                try wire.list { (wire: inout WireReader) throws(GantryError) in try wire.name() }),
            linksBelow: try wire.list { (wire: inout WireReader) throws(GantryError) in
                try LinkBelow(&wire)
            }, limits: limits)
        try wire.end()
    }
}

extension LinkBelow {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(name)
        wire.put(target)
        wire.put(place.inode)
        wire.put(place.seconds)
        wire.put(place.nanoseconds)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            name: try wire.name(), target: try wire.name(),
            place: Place(
                inode: try wire.number(), seconds: try wire.integer(),
                nanoseconds: try wire.integer()))
    }
}

extension WireWriter {
    fileprivate mutating func put(_ name: EntryName) {
        put(name.bytes.dropLast().map { UInt8(bitPattern: $0) })
    }
}

extension WireReader {
    fileprivate mutating func name() throws(GantryError) -> EntryName {
        let bytes = try content()
        guard !bytes.contains(0) else { throw Self.malformed("a name has a zero") }
        return EntryName(bytes.map { CChar(bitPattern: $0) })
    }
}
