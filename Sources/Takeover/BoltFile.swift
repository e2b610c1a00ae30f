internal import Model

/// A database of bbolt, containerd's metadata, read from its bytes: a tree of pages in which a value may
/// be a bucket, a tree of its own (go.etcd.io/bbolt, internal/common: page.go, meta.go, bucket.go). All
/// numbers are little-endian, as on every machine that Gantry is built for.
struct BoltFile {
    private static let pageHeader = 16
    private static let magic: UInt64 = 0xED0C_DAED
    private static let version: UInt64 = 2

    let bytes: [UInt8]
    let pageSize: Int
    private(set) var root = BoltBucket(page: 0, inline: 0..<0)

    /// - Throws: `GantryError` (`dataLoss`) for what is no such database.
    init(_ bytes: [UInt8]) throws(GantryError) {
        self.bytes = bytes
        // Two meta pages take turns; the size of a page stands in the first, which is at a known place.
        pageSize = Int(clamping: try Self.number(bytes, Self.pageHeader + 8, 4))
        guard (512...1 << 20).contains(pageSize) else { throw Self.damaged("its page size") }
        let metas = try [0, 1].map { (number) throws(GantryError) in try meta(number) }
        guard let newest = metas.compactMap(\.self).max(by: { $0.transaction < $1.transaction })
        else { throw Self.damaged("both of its meta pages") }
        root = BoltBucket(page: newest.root, inline: nil)
    }

    /// Nil for one that was not written to its end.
    private func meta(_ page: Int) throws(GantryError) -> (root: UInt64, transaction: UInt64)? {
        let start = page * pageSize + Self.pageHeader
        guard start + 64 <= bytes.count, try number(start, 4) == Self.magic,
            try number(start + 4, 4) == Self.version,
            try number(start + 56, 8) == Self.sum(bytes[start..<(start + 56)])
        else { return nil }
        return (try number(start + 16, 8), try number(start + 48, 8))
    }

    /// FNV-1a, of 64 bits.
    static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    func number(_ position: Int, _ width: Int) throws(GantryError) -> UInt64 {
        try Self.number(bytes, position, width)
    }

    private static func number(
        _ bytes: [UInt8], _ position: Int, _ width: Int
    ) throws(GantryError) -> UInt64 {
        guard position >= 0, position <= bytes.count - width else {
            throw damaged("a page's place")
        }
        return bytes[position..<(position + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func damaged(_ what: String) -> GantryError {
        GantryError(.dataLoss, "the database of containerd is damaged: \(what)")
    }
}

/// A bucket: where its tree begins, or the one page that it is, within its value in another page.
struct BoltBucket {
    let page: UInt64
    let inline: Range<Int>?
}

/// A key of a bucket.
struct BoltEntry {
    let name: String
    let value: Range<Int>
    let isBucket: Bool
}
