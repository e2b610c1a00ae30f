import EROFS
import Model
import Testing

/// What is written, and what is refused.
struct MetadataTests {
    private func number(_ image: Metadata, _ position: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(image.bytes[position + $1]) << UInt64(8 * $1) }
    }

    /// Where the root's inode begins.
    private func root(_ image: Metadata) -> Int { Int(number(image, 1024 + 14, 2)) * 32 }

    @Test func theSuperblock() throws {
        let tag = Array(repeating: UInt8(ascii: "a"), count: 64)
        let image = try Metadata(
            Samples.everyKind(), devices: [Device(size: 1_000_000, tag: tag)],
            identity: Array(1...16))
        #expect(number(image, 1024, 4) == 0xe0f5_e1e2)
        #expect(image.bytes[1024 + 12] == 9)
        #expect(number(image, 1024 + 16, 8) == 12)
        #expect(image.bytes[(1024 + 48)..<(1024 + 64)].elementsEqual(1...16))
        #expect(number(image, 1024 + 86, 2) == 1)
        #expect(Array(image.bytes[1152..<(1152 + 64)]) == tag)
        #expect(number(image, 1152 + 64, 4) == 1954)
        #expect(UInt64(image.bytes.count) <= image.size)
        #expect(image.size.isMultiple(of: 512))
    }

    @Test func aFileIsWhereTheTarHasIt() throws {
        let image = try Metadata(
            Samples.flat([("f", Samples.file(700, at: 512 * 77, device: 1))]),
            devices: [Device(size: 0), Device(size: 1 << 20)])
        // The root has three names behind its 64 bytes: 12 each, and 4 of text.
        let file = (root(image) + 64 + 40 + 31) & ~31
        #expect(number(image, file + 8, 8) == 700)
        // A chunk of two blocks, in the form with eight bytes each.
        #expect(number(image, file + 16, 2) == 0x21)
        #expect(number(image, file + 64 + 2, 2) == 2)
        #expect(number(image, file + 64 + 4, 4) == 77)
        #expect(image.copies.isEmpty)
    }

    @Test func whatStandsAtNoBlockIsCopied() throws {
        let image = try Metadata(
            Samples.flat([("f", Samples.file(700, at: 100))]), devices: [Device(size: 1 << 20)])
        #expect(image.copies.map(\.length).reduce(0, +) == 700)
        #expect(image.copies.first?.position == 100)
        #expect(image.copies.first?.target == UInt64(image.bytes.count))
        #expect(image.size >= UInt64(image.bytes.count) + 700)
    }

    @Test func holesTakeNoRoom() throws {
        let size: UInt64 = 128 << 30
        let extents = [
            Extent(offset: 512 * 1001, length: 100, device: 0, position: 512),
            Extent(offset: size - 5, length: 5, device: 0, position: 1024),
        ]
        let inode = Inode(mode: 0, content: .file(size: size, extents: extents))
        let image = try Metadata(Samples.flat([("f", inode)]), devices: [Device(size: 2048)])
        #expect(image.bytes.count < 8192)
        #expect(image.copies.map(\.length) == [100, 5])
    }

    @Test func equalTreesGiveEqualBytes() throws {
        let devices = [Device(size: 1 << 20)]
        let one = try Metadata(Samples.everyKind(), devices: devices)
        #expect(try Metadata(Samples.everyKind(), devices: devices).bytes == one.bytes)
    }

    private func refuses(
        _ inodes: [Inode], _ code: GantryError.Code, _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: GantryError.self, sourceLocation: location) {
            try Metadata(inodes, devices: [Device(size: 4096)])
        }
        #expect(error?.code == code, sourceLocation: location)
    }

    @Test(arguments: ["", ".", "..", "a/b", "a\0", String(repeating: "n", count: 256)])
    func namesThatNoFileHas(_ name: String) {
        refuses(Samples.flat([(name, Samples.file(0, at: 0))]), .invalidArgument)
    }

    @Test func treesThatAreNone() {
        let file = Samples.file(0, at: 0)
        refuses([], .invalidArgument)
        refuses([file], .invalidArgument)
        refuses(Samples.flat([("a", file), ("a", file)]), .invalidArgument)
        refuses(Samples.flat([]) + [file], .invalidArgument)
        let entry = DirectoryEntry(name: [97], inode: 0)
        refuses([Inode(mode: 0, content: .directory([entry]))], .invalidArgument)
        let missing = DirectoryEntry(name: [97], inode: 9)
        refuses([Inode(mode: 0, content: .directory([missing]))], .invalidArgument)
    }

    @Test func extentsThatAreNone() {
        for (size, extents) in [
            (10, [(0, 11, 0, 0)]), (10, [(0, 10, 0, 4090)]), (10, [(0, 10, 1, 0)]),
            (10, [(5, 5, 0, 0), (0, 5, 0, 0)]), (10, [(UInt64.max, 2, 0, 0)]),
            (10, [(0, 10, 0, UInt64.max)]), (UInt64.max, []), (10, [(0, 10, -1, 0)]),
        ] as [(UInt64, [(UInt64, UInt64, Int, UInt64)])] {
            let content = Inode.Content.file(
                size: size,
                extents: extents.map {
                    Extent(offset: $0.0, length: $0.1, device: $0.2, position: $0.3)
                })
            #expect(throws: GantryError.self) {
                try Metadata(
                    Samples.flat([("f", Inode(mode: 0, content: content))]),
                    devices: [Device(size: 4096)])
            }
        }
    }

    @Test func attributesThatHaveNoPlace() {
        for (name, size) in [("system.x", 1), ("user.x", 65536), ("", 0)] {
            var file = Samples.file(0, at: 0)
            file.extended = [
                Attribute(name: Array(name.utf8), value: Array(repeating: 0, count: size))
            ]
            refuses(Samples.flat([("f", file)]), .unimplemented)
        }
    }

    @Test func manyDirectoriesDeep() throws {
        let deep = 20_000
        let inodes = (0..<deep).map { number in
            Inode(
                mode: 0o755,
                content: .directory(
                    number + 1 < deep ? [DirectoryEntry(name: [97], inode: number + 1)] : []))
        }
        #expect(try Metadata(inodes, devices: []).inodes == deep)
    }
}
