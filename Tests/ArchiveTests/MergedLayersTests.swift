import Archive
import EROFS
import Foundation
import Glibc
import ImageProtocol
import Kernel
import Model
import Testing

/// What layers come to when they are put on top of one another by rule. That the kernel shows the same
/// for the trees that are unpacked is tried by `conformance/tests/images/test_erofs.py`.
struct MergedLayersTests {
    typealias Layer = @Sendable (inout TarMaker) -> Void

    /// The files by name, with the numbers of the layers that have their content.
    private func merge(
        limits: LayerLimits = LayerLimits(), _ layers: Layer...
    ) throws -> [String: Inode] {
        let inodes = try inodes(limits: limits, layers)
        var found: [String: Inode] = ["": inodes[0]]
        var directories = [("", 0)]
        while let (name, number) = directories.popLast() {
            guard case .directory(let entries) = inodes[number].content else { continue }
            for entry in entries {
                let path =
                    name + (name.isEmpty ? "" : "/") + String(decoding: entry.name, as: UTF8.self)
                found[path] = inodes[entry.inode]
                directories.append((path, entry.inode))
            }
        }
        return found
    }

    private func inodes(
        limits: LayerLimits = LayerLimits(), _ layers: [Layer]
    ) throws -> [Inode] {
        var merged = try MergedLayers(limits: limits)
        for (device, make) in layers.enumerated() {
            var tar = TarMaker()
            make(&tar)
            try merged.add(try Self.part(tar.finish()), device: device)
        }
        return merged.inodes()
    }

    private static func part(_ bytes: [UInt8]) throws -> FilePart {
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        return try FilePart(whole: try Files.open(path), "layer")
    }

    private func names(_ layers: Layer...) throws -> [String] {
        let inodes = try inodes(layers)
        #expect(throws: Never.self) {
            try Metadata(inodes, devices: layers.map { _ in Device(size: 1 << 30) })
        }
        var names: [String] = []
        var directories = [("", 0)]
        while let (name, number) = directories.popLast() {
            guard case .directory(let entries) = inodes[number].content else { continue }
            for entry in entries {
                let path =
                    name + (name.isEmpty ? "" : "/") + String(decoding: entry.name, as: UTF8.self)
                names.append(path)
                directories.append((path, entry.inode))
            }
        }
        return names.sorted()
    }

    private let base: Layer = {
        $0.add("./", .directory, mode: 0o711)
        $0.add("a/", .directory, mode: 0o1777, modified: 1_600_000_000)
        $0.add("a/one", .file, "one")
        $0.add("a/two", .file, "two")
        $0.add("usr/lib/", .directory, mode: 0o700)
        $0.add("usr/lib/libc", .file, "libc")
        $0.add("lib", .symbolicLink, link: "usr/lib")
    }

    @Test func whiteoutsHideWhatIsBelowAndNothingElse() throws {
        let found = try names(
            base,
            {
                $0.add("a/.wh.one")
                $0.add("a/three")
                $0.add("a/.wh.three")
                $0.add("a/.wh..wh.plnk")
                $0.add(".wh.missing")
            })
        #expect(found == ["a", "a/three", "a/two", "lib", "usr", "usr/lib", "usr/lib/libc"])
    }

    @Test func anOpaqueDirectoryHasOnlyItsOwn() throws {
        #expect(
            try names(
                base,
                {
                    $0.add("a/new"); $0.add("a/.wh..wh..opq")
                }
            ).filter {
                $0.hasPrefix("a")
            } == ["a", "a/new"])
        #expect(
            try names(
                base,
                {
                    $0.add(".wh..wh..opq"); $0.add("x")
                }) == ["x"])
        // A whiteout and then a directory of that name.
        #expect(
            try names(
                base,
                {
                    $0.add(".wh.a"); $0.add("a/", .directory)
                }
            ).contains("a/one")
                == false)
        #expect(
            try names(
                base,
                {
                    $0.add(".wh.a"); $0.add("a/x")
                }
            ).contains("a/one") == false)
    }

    @Test func kindsReplaceOneAnother() throws {
        let found = try merge(
            base,
            {
                $0.add("a", .file, "file"); $0.add("lib/", .directory)
            },
            {
                $0.add("a/", .directory); $0.add("lib/x")
            })
        #expect(found["a/one"] == nil)
        #expect(found["a"]?.content == .directory([]))
        #expect(found["lib/x"] != nil && found["usr/lib/x"] == nil)
    }

    @Test func directoriesThatNobodyDescribedAreAsBelow() throws {
        let found = try merge(base, { $0.add("a/new/file") })
        #expect(found[""]?.mode == 0o711)
        #expect(found["a"]?.mode == 0o1777)
        #expect(found["a"]?.modified.seconds == 1_600_000_000)
        #expect(found["a/new"]?.mode == 0o755)
        #expect(try merge(base, { $0.add("a/", .directory, mode: 0o500) })["a"]?.mode == 0o500)
    }

    @Test func pathsGoThroughLinksOfLayersBelow() throws {
        let found = try merge(base, { $0.add("lib/new") }, { $0.add("lib/.wh.libc") })
        #expect(found["usr/lib/new"] != nil)
        #expect(found["usr/lib/libc"] == nil)
        #expect(found["lib"]?.content == .symbolicLink(target: Array("usr/lib".utf8)))
        #expect(found["usr/lib"]?.mode == 0o700)
    }

    private func extents(_ inode: Inode?) -> [Extent]? {
        guard case .file(_, let extents) = inode?.content else { return nil }
        return extents
    }

    @Test func hardLinks() throws {
        let inodes = try inodes([
            base,
            {
                $0.add("first", .hardLink, link: "a/one")
                $0.add("second", .hardLink, link: "/lib/../lib/libc")
                $0.add("third", .hardLink, link: "usr/lib/libc")
                $0.add("own")
                $0.add("fourth", .hardLink, link: "own")
            },
        ])
        guard case .directory(let entries) = inodes[0].content else { return }
        let numbers = entries.reduce(into: [:]) {
            $0[String(decoding: $1.name, as: UTF8.self)] = $1.inode
        }
        #expect(numbers["second"] == numbers["third"] && numbers["own"] == numbers["fourth"])
        #expect(extents(inodes[try #require(numbers["first"])])?.first?.device == 0)
        #expect(extents(inodes[try #require(numbers["second"])])?.first?.length == 4)
    }

    @Test func linksToLinksToFilesBelow() throws {
        let found = try merge(
            base,
            {
                $0.add("x", .hardLink, link: "y")
                $0.add("y", .hardLink, link: "a/two")
            })
        #expect(extents(found["x"]) == extents(found["a/two"]))
        #expect(extents(found["y"]) == extents(found["a/two"]))
    }

    @Test func whereTheTarHasTheContent() throws {
        let found = try merge({
            $0.add("a"); $0.add("b", .file, "content")
        })
        #expect(extents(found["a"]) == [])
        #expect(
            extents(found["b"]) == [Extent(offset: 0, length: 7, device: 0, position: 1024)])
    }

    @Test func laterEntriesOfALayerCount() throws {
        let found = try merge({
            $0.pax([("SCHILY.xattr.user.a", "1")])
            $0.add("d/", .directory, mode: 0o700)
            $0.add("d/x", .file, "x")
            $0.pax([("SCHILY.xattr.user.b", "2")])
            $0.add("d/", .directory, mode: 0o711)
            $0.add("d/x", .symbolicLink, link: "y")
            $0.add("gone/x")
            $0.add("gone", .fifo)
        })
        #expect(found["d"]?.mode == 0o711)
        #expect(Set(found["d"]?.extended.map(\.name) ?? []).count == 2)
        #expect(found["d/x"]?.content == .symbolicLink(target: [121]))
        #expect(found["gone"]?.content == .fifo && found["gone/x"] == nil)
    }

    @Test func overlaysOwnAttributesAndWhiteoutsAreNoImages() throws {
        let found = try merge(
            base,
            {
                $0.pax([("SCHILY.xattr.trusted.overlay.opaque", "y")])
                $0.add("a/", .directory)
                $0.add("a/two", .character)
            })
        #expect(found["a/one"] != nil && found["a/two"] == nil)
        #expect(found["a"]?.extended == [])
    }

    @Test func timesAreWithinWhatADiskHolds() throws {
        let found = try merge({
            $0.pax([("mtime", "-99999999999.5")])
            $0.add("early")
            $0.pax([("mtime", "99999999999")])
            $0.add("late")
        })
        #expect(found["early"]?.modified == Timestamp(seconds: -2_147_483_648))
        #expect(found["late"]?.modified == Timestamp(seconds: 15_032_385_535))
    }

    private static let refused: [(name: String, make: Layer)] = [
        (
            "a file as a directory",
            {
                $0.add("f"); $0.add("f/x")
            }
        ),
        ("the root as a file", { $0.add("./", .file) }),
        ("a link to nothing", { $0.add("l", .hardLink, link: "nothing") }),
        (
            "links to one another",
            {
                $0.add("l", .hardLink, link: "m"); $0.add("m", .hardLink, link: "l")
            }
        ),
        (
            "a link to a directory",
            {
                $0.add("d/", .directory); $0.add("l", .hardLink, link: "d")
            }
        ),
        (
            "a loop",
            {
                $0.add("l", .symbolicLink, link: "l"); $0.add("l/x")
            }
        ),
        ("a whiteout of nothing", { $0.add(".wh.") }),
        ("a whiteout of ..", { $0.add(".wh...") }),
        (
            "a long name",
            {
                $0.pax([("path", String(repeating: "n", count: 256))]); $0.add("x")
            }
        ),
        (
            "a capability that is none",
            {
                $0.pax([("SCHILY.xattr.security.capability", "x")])
                $0.add("x")
            }
        ),
        (
            "an attribute without a name",
            {
                $0.pax([("SCHILY.xattr.user.", "x")]); $0.add("x")
            }
        ),
    ]

    /// Each is refused, whole and with a reason.
    @Test(arguments: refused.indices)
    func isRefused(_ index: Int) {
        let (name, make) = Self.refused[index]
        let error = #expect(throws: GantryError.self, "\(name)") { try inodes([make]) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func chainsOfLinksEnd() throws {
        let error = #expect(throws: GantryError.self) {
            try inodes([
                {
                    for number in 0..<50 {
                        $0.add("l\(number)", .symbolicLink, link: "l\(number + 1)")
                    }
                },
                { $0.add("l0/x") },
            ])
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func memoryHasALimit() throws {
        let error = #expect(throws: GantryError.self) {
            try inodes(
                limits: LayerLimits(index: 10_000),
                [
                    { for number in 0..<100 { $0.add("f\(number)") } }
                ])
        }
        #expect(error?.code == .resourceExhausted)
    }

    @Test func aPathOfThousandsOfDirectories() throws {
        let deep = Array(repeating: "d", count: 2000).joined(separator: "/")
        let inodes = try inodes([
            {
                $0.pax([("path", deep)])
                $0.add("x", .symbolicLink, link: "/")
                // Once more as deep, through a link.
                $0.pax([("path", "s" + deep.dropFirst())])
                $0.add("x")
            },
            {
                $0.pax([("path", deep + "/e")]); $0.add("x")
            },
        ])
        #expect(inodes.count > 4000)
        #expect(try Metadata(inodes, devices: []).inodes == inodes.count)
    }
}
