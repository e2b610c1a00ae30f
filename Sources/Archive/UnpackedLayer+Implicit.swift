public import Model

extension UnpackedLayer {
    /// The directories that the layer has no entry for, each name with a zero after it.
    public var implicitNames: [UInt8] {
        implicit.flatMap { $0.bytes.map { UInt8(bitPattern: $0) } }
    }

    /// A layer of which no more is known than what fitting it needs.
    /// - Throws: `GantryError` (`dataLoss`) for bytes that are no such names.
    public init(implicitNames: [UInt8], _ privileges: Privileges) throws(GantryError) {
        guard implicitNames.last ?? 0 == 0 else {
            throw GantryError(.dataLoss, "the names of a layer's directories are cut off")
        }
        let names = implicitNames.split(separator: 0).map { name in
            EntryName(name.map { CChar(bitPattern: $0) })
        }
        self.init(
            diffID: Digest(.sha256, bytes: []), bytes: 0, inodes: 0, contents: ContentSum(),
            privileges: privileges, implicit: Set(names))
    }
}
