internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import ImageTree
internal import Kernel
internal import Model
internal import System

/// Writes the entries of one layer below a directory.
///
final class LayerWriter {
    let parents: Parents
    let attributes: AttributeWriter
    let newFile: NewFile
    /// Set last: a file created in a directory changes its times, and a directory may be read-only.
    private var directories: [EntryName: Attributes] = [:]
    /// By target.
    var linksBelow: [EntryName: LinkBelow] = [:]
    let kept: KeptNames
    let limits: LayerLimits
    private var entries = 0
    let contents = ContentSum()
    private(set) var inodes: UInt64 = 0
    private(set) var bytes: UInt64 = 0

    init(_ path: String, _ privileges: Privileges, _ limits: LayerLimits) throws {
        attributes = AttributeWriter(privileges: privileges)
        kept = KeptNames(most: limits.names)
        parents = try Parents(path, attributes, kept)
        let root = try Files.open(path, O_RDONLY | GANTRY_O_DIRECTORY)
        newFile = try NewFile(in: root.raw)
        self.limits = limits
    }

    func write(_ entry: TarEntry, _ content: TarReader) throws {
        entries += 1
        if entries > limits.entries {
            throw GantryError(
                .resourceExhausted, "the layer has more entries than the limit of \(limits.entries)"
            )
        }
        if entry.name.isRoot {
            try makeRoot(entry)
        } else if let whiteout = Whiteout(entry.name.leaf) {
            try write(whiteout, entry.name)
        } else {
            try writeFile(entry, content)
        }
    }

    private func writeFile(_ entry: TarEntry, _ content: TarReader) throws {
        let parent = try parents.directory(of: entry.name)
        switch entry.kind {
        case .directory: try makeDirectory(entry, parent)
        case .file: try makeFile(entry, parent, content)
        case .symbolicLink(let target): try makeLink(entry, parent, to: target)
        case .hardLink(let target): try link(entry.name, to: target)
        case .node(let mode, let major, let minor): try makeNode(entry, parent, mode, major, minor)
        }
    }

    func count(bytes written: UInt64 = 0) {
        inodes += 1
        bytes += (written + 4095) & ~4095
    }

    /// Extended attributes are set at once, since they may be large.
    func setLater(_ attributes: Attributes, for name: EntryName) throws {
        let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
        if !attributes.extended.isEmpty, let directory = try parents.existing(name, flags) {
            try self.attributes.set(attributes.extended, of: directory.raw, name)
        }
        var rest = attributes
        rest.extended = []
        if directories.updateValue(rest, forKey: name) == nil { try kept.add(name) }
        parents.hasEntry(name)
    }

    /// Sets the directories' attributes, the deepest first.
    func finish() throws {
        let names = directories.keys.sorted { $0.bytes.count > $1.bytes.count }
        let flags = O_RDONLY | GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW
        for name in names {
            // Not a directory any more: a later entry of the same layer took its place.
            guard let value = directories[name],
                let directory = try parents.existing(name, flags)
            else { continue }
            try attributes.apply(value, to: directory.raw, name)
        }
    }
}
