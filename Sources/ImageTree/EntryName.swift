/// Where an entry goes: a path below the layer's root, in bytes, since a tar's names need not be
/// UTF-8.
///
/// Absolute names and `..` are read as a container would read them, so none leaves the root; symbolic
/// links in the middle are the kernel's to resolve, inside the root (`RESOLVE_IN_ROOT`).
package struct EntryName: Hashable {
    /// Ends in a zero; no slash in front, no empty component; `.` is the root.
    package let bytes: [CChar]
    private let leafStart: Int

    package static let root = EntryName(components: [])

    private static let slash = CChar(47)
    private static let dot = CChar(46)

    package init(_ raw: some Sequence<CChar>) {
        var components: [ArraySlice<CChar>] = []
        for part in Array(raw).split(separator: Self.slash) where part != [Self.dot] {
            if part == [Self.dot, Self.dot] {
                _ = components.popLast()
            } else {
                components.append(part)
            }
        }
        self.init(components: components)
    }

    private init(components: [ArraySlice<CChar>]) {
        guard let leaf = components.last else {
            bytes = [Self.dot, 0]
            leafStart = 0
            return
        }
        let path = components.joined(separator: [Self.slash])
        bytes = Array(path) + [0]
        leafStart = bytes.count - 1 - leaf.count
    }

    package var isRoot: Bool { self == .root }

    /// The last component, ending in a zero.
    package var leaf: [CChar] { Array(bytes[leafStart...]) }

    package var parent: EntryName {
        EntryName(leafStart == 0 ? [] : bytes[..<leafStart])
    }

    package var components: [[CChar]] {
        isRoot ? [] : bytes.dropLast().split(separator: Self.slash).map { Array($0) + [0] }
    }

    /// This name's sibling, or a name below this one.
    package func appending(_ relative: some Sequence<CChar>) -> EntryName {
        EntryName(bytes.dropLast() + [Self.slash] + Array(relative))
    }

    /// Where a link of this name leads, from the layer's root.
    package func resolving(_ target: ArraySlice<CChar>) -> EntryName {
        target.first == Self.slash ? EntryName(target) : parent.appending(target)
    }

    package func isAt(orBelow directory: EntryName) -> Bool {
        if directory.isRoot { return true }
        let length = directory.bytes.count - 1
        guard bytes.count > length, bytes.starts(with: directory.bytes.dropLast()) else {
            return false
        }
        return bytes[length] == 0 || bytes[length] == Self.slash
    }

    /// An order in which all that is below a directory comes right after it.
    package static func comesFirst(_ one: EntryName, _ other: EntryName) -> Bool {
        if one.isRoot || other.isRoot { return one.isRoot && !other.isRoot }
        return one.bytes.lexicographicallyPrecedes(other.bytes) { order($0) < order($1) }
    }

    /// The zero at the end first, then the slash.
    private static func order(_ byte: CChar) -> Int {
        switch byte {
        case 0: 0
        case slash: 1
        default: Int(UInt8(bitPattern: byte)) + 2
        }
    }

    /// This name after `source`, which is it or a directory above it, has become `target`.
    package func moved(from source: EntryName, to target: EntryName) -> EntryName {
        target.appending(bytes.dropLast().dropFirst(source.bytes.count - 1))
    }

    package func isInside(_ directory: EntryName) -> Bool {
        if directory.isRoot { return leafStart == 0 }
        return directory.bytes.dropLast() == bytes[..<max(0, leafStart - 1)]
    }
}

extension EntryName: CustomStringConvertible {
    package var description: String {
        String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// What an entry's name says about the layers below (image-spec, layer.md#whiteouts).
package enum Whiteout: Equatable {
    /// `.wh.NAME`: NAME of the layers below is gone.
    case of(leaf: [CChar])
    /// `.wh..wh..opq`: so is everything in this directory.
    case opaque
    /// `.wh..wh.` and anything else: aufs's own bookkeeping, which everyone skips.
    case bookkeeping

    package init?(_ leaf: [CChar]) {
        let name = leaf.map(UInt8.init(bitPattern:))
        guard name.starts(with: Array(".wh.".utf8)) else { return nil }
        if name.dropLast() == Array(".wh..wh..opq".utf8)[...] {
            self = .opaque
        } else if name.starts(with: Array(".wh..wh.".utf8)) {
            self = .bookkeeping
        } else {
            self = .of(leaf: Array(leaf.dropFirst(4)))
        }
    }
}
