import Model
import Testing

@testable import Takeover

@Suite struct BoltFileTests {
    @Test func nestedBuckets() throws {
        let images = BoltPages.bucket([
            ("docker.io/library/a:1", BoltPages.image("sha256:aa")),
            ("docker.io/library/b:1", BoltPages.image("sha256:bb")),
            ("docker.io/library/c:1", BoltPages.image("sha256:aa")),
            ("sha256:cc", BoltPages.image("sha256:aa")),
        ])
        let space = BoltPages.bucket([("images", images)])
        let root = [("v1", BoltPages.bucket([("k8s.io", space)]))]
        let file = try BoltFile(BoltPages.file(root))
        #expect(
            try ContainerdStore.images(file, "k8s.io") == [
                ForeignImage(
                    id: "sha256:aa", names: ["docker.io/library/a:1", "docker.io/library/c:1"]),
                ForeignImage(id: "sha256:bb", names: ["docker.io/library/b:1"]),
            ])
        #expect(try ContainerdStore.images(file, "other") == [])
    }

    @Test func aMetaPageThatWasNotWrittenToItsEndIsPassedOver() throws {
        var bytes = BoltPages.file([("v1", BoltPages.bucket([]))])
        bytes[4096 + 16 + 20] ^= 1
        let file = try BoltFile(bytes)
        #expect(try file.entries(of: file.root).map(\.name) == ["v1"])
        bytes[16 + 20] ^= 1
        #expect(throws: GantryError.self) { try BoltFile(bytes) }
    }

    @Test(arguments: [0, 16, 100, 4096, 8192, 12287])
    func whatIsCutOffIsAnError(_ count: Int) throws {
        let bytes = BoltPages.file([("v1", BoltPages.bucket([("k", BoltPages.bucket([]))]))])
        #expect(throws: GantryError.self) {
            let file = try BoltFile(Array(bytes.prefix(count)))
            _ = try file.bucket(["v1", "k"])
        }
    }

    @Test func pagesInACircle() throws {
        var bytes = BoltPages.file([])
        // The root becomes a branch whose one element is the root.
        bytes.replaceSubrange((2 * 4096 + 8)..<(2 * 4096 + 12), with: [1, 0, 1, 0])
        bytes.replaceSubrange(
            (2 * 4096 + 16)..<(2 * 4096 + 32),
            with: [16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
        let file = try BoltFile(bytes)
        #expect(throws: GantryError.self) { try file.entries(of: file.root) }
    }

    /// Any byte may be wrong: an error, or another answer, and never the process's end.
    @Test func everyByteOfThePagesMayBeAnyOther() throws {
        let images = BoltPages.bucket([("a", BoltPages.image("sha256:aa"))])
        let root = [("v1", BoltPages.bucket([("n", BoltPages.bucket([("images", images)]))]))]
        let bytes = BoltPages.file(root)
        for index in (2 * 4096)..<(2 * 4096 + 512) {
            for value in [UInt8(0), 1, 127, 255] {
                var changed = bytes
                changed[index] = value
                guard let file = try? BoltFile(changed) else { continue }
                _ = try? ContainerdStore.images(file, "n")
            }
        }
    }
}

/// A database of one page, with the buckets in it.
enum BoltPages {
    static func little(_ number: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    /// A leaf page: its header, its elements, and then keys and values.
    static func leaf(_ entries: [(key: String, value: [UInt8], flags: UInt64)]) -> [UInt8] {
        var head = little(0, 8) + little(2, 2) + little(UInt64(entries.count), 2) + little(0, 4)
        var data: [UInt8] = []
        for (index, entry) in entries.enumerated() {
            let place = (entries.count - index) * 16 + data.count
            head += little(entry.flags, 4) + little(UInt64(place), 4)
            head += little(UInt64(entry.key.utf8.count), 4) + little(UInt64(entry.value.count), 4)
            data += Array(entry.key.utf8) + entry.value
        }
        return head + data
    }

    /// The value that a bucket is, with its page in it.
    static func bucket(_ buckets: [(String, [UInt8])]) -> [UInt8] {
        little(0, 8) + little(0, 8) + leaf(buckets.map { ($0.0, $0.1, 1) })
    }

    static func image(_ digest: String) -> [UInt8] {
        let fields = leaf([("digest", Array(digest.utf8), 0), ("size", [2], 0)])
        return bucket([("target", little(0, 8) + little(0, 8) + fields)])
    }

    static func file(_ buckets: [(String, [UInt8])]) -> [UInt8] {
        let pages = [meta(1), meta(2), leaf(buckets.map { ($0.0, $0.1, 1) })]
        return pages.flatMap { $0 + [UInt8](repeating: 0, count: 4096 - $0.count) }
    }

    private static func meta(_ transaction: UInt64) -> [UInt8] {
        let fields =
            little(0xED0C_DAED, 4) + little(2, 4) + little(4096, 4) + little(0, 4)
            + little(2, 8) + little(0, 8) + little(0, 8) + little(3, 8) + little(transaction, 8)
        return little(0, 16) + fields + little(BoltFile.sum(fields[...]), 8)
    }
}
