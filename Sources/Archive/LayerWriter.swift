internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System

/// Writes the entries of one layer below a directory.
///
/// libarchive's own disk writer is not used: it works by path, refuses legal layers (absolute hard
/// links, `lib -> usr/lib` followed by `lib/x`) and lets a layer set overlay's own attributes.
final class LayerWriter {
    let parents: Parents
    let attributes: AttributeWriter
    let newFile: NewFile
    /// Set last: a file created in a directory changes its times, and a directory may be read-only.
    private var directories: [EntryName: Attributes] = [:]
    private let limits: LayerLimits
    private var entries = 0
    let contents = ContentSum()
    private(set) var inodes: UInt64 = 0
    private(set) var bytes: UInt64 = 0

    init(_ path: String, _ privileges: Privileges, _ limits: LayerLimits) throws {
        attributes = AttributeWriter(privileges: privileges)
        parents = try Parents(path, attributes)
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

    func setLater(_ attributes: Attributes, for name: EntryName) {
        directories[name] = attributes
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
