internal import Model

extension BoltFile {
    private static let branch: UInt64 = 1
    private static let leaf: UInt64 = 2

    /// All keys of a bucket, in their order.
    func entries(of bucket: BoltBucket) throws(GantryError) -> [BoltEntry] {
        var entries: [BoltEntry] = []
        var rest = [try start(of: bucket)]
        var budget = bytes.count / pageSize + 1
        while let start = rest.popLast() {
            // A tree of pages that lead to themselves has no end.
            budget -= 1
            if budget < 0 { throw Self.damaged("pages in a circle") }
            let (flags, count) = (try number(start + 8, 2), Int(try number(start + 10, 2)))
            for index in 0..<count {
                let element = start + 16 + index * 16
                if flags & Self.leaf != 0 {
                    entries.append(try entry(element))
                } else if flags & Self.branch != 0 {
                    // Popped from the end: the last is put first.
                    let last = start + 16 + (count - 1 - index) * 16
                    rest.append(try place(of: try number(last + 8, 8)))
                } else {
                    throw Self.damaged("a page of an unknown kind")
                }
            }
        }
        return entries
    }

    private func start(of bucket: BoltBucket) throws(GantryError) -> Int {
        if let inline = bucket.inline { return inline.lowerBound }
        return try place(of: bucket.page)
    }

    private func place(of page: UInt64) throws(GantryError) -> Int {
        guard page < UInt64(bytes.count / pageSize) else { throw Self.damaged("a page's number") }
        return Int(page) * pageSize
    }

    private func entry(_ element: Int) throws(GantryError) -> BoltEntry {
        let flags = try number(element, 4)
        let key = element + Int(try number(element + 4, 4))
        let (keySize, valueSize) = (
            Int(try number(element + 8, 4)), Int(try number(element + 12, 4))
        )
        guard key + keySize + valueSize <= bytes.count else { throw Self.damaged("a key's place") }
        return BoltEntry(
            name: String(decoding: bytes[key..<(key + keySize)], as: UTF8.self),
            value: (key + keySize)..<(key + keySize + valueSize), isBucket: flags & 1 != 0)
    }

    /// The bucket that a path of names leads to; nil when there is none.
    func bucket(_ path: [String]) throws(GantryError) -> BoltBucket? {
        var bucket = root
        for name in path {
            let found = try entries(of: bucket).first { $0.isBucket && $0.name == name }
            guard let found else { return nil }
            bucket = try self.bucket(found)
        }
        return bucket
    }

    /// A value that is a bucket begins with the page of its root; 0 says that its one page follows.
    func bucket(_ entry: BoltEntry) throws(GantryError) -> BoltBucket {
        let start = entry.value.lowerBound
        guard entry.value.count >= 16 else { throw Self.damaged("a bucket's value") }
        let page = try number(start, 8)
        let inline = (start + 16)..<entry.value.upperBound
        return BoltBucket(page: page, inline: page == 0 ? inline : nil)
    }

    func text(_ entry: BoltEntry) -> String {
        String(decoding: bytes[entry.value], as: UTF8.self)
    }
}
