internal import CLinux
internal import Glibc
internal import ImageTree
internal import Kernel
internal import Model
internal import System

/// Opens the directories that entries go into, and creates those that the tar has no entry for.
///
/// A tar lists a directory's files one after the other, so the last directory is kept open.
final class Parents {
    /// Directories without an entry: their attributes are to come from the layers below.
    private(set) var implicit: Set<EntryName> = [.root]

    private let root: TreeRoot
    private let attributes: AttributeWriter
    private let kept: KeptNames
    private var current: Descriptor?
    private var currentName = EntryName.root

    init(_ path: String, _ attributes: AttributeWriter, _ kept: KeptNames) throws {
        root = try TreeRoot(path)
        self.kept = kept
        self.attributes = attributes
    }

    /// The directory that `name` stands in. The number is valid until the next call.
    func directory(of name: EntryName) throws -> Int32 {
        if let raw = current?.raw, name.isInside(currentName) { return raw }
        let parent = name.parent
        let opened = try open(parent, depth: 0)
        let raw = opened.raw
        current = consume opened
        currentName = parent
        return raw
    }

    func hasEntry(_ name: EntryName) {
        implicit.remove(name)
    }

    /// The directories without an entry that were made since the last call.
    func takeImplicit() -> Set<EntryName> {
        defer { implicit = [] }
        return implicit.subtracting([.root])
    }

    /// Opens a file of the layer, nil when it is not there.
    func existing(_ name: EntryName, _ flags: Int32) throws -> Descriptor? {
        try root.open(name, flags)
    }

    private func open(_ name: EntryName, depth: Int) throws -> Descriptor {
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        if let found = try root.open(name, flags) { return found }
        // Each level of a path is one, each link 64: beyond PATH_MAX or 32 links it is a loop.
        guard depth < 2048 else { throw Self.unreachable(name) }
        try create(name, depth)
        guard let created = try root.open(name, flags) else { throw Self.unreachable(name) }
        return created
    }

    private func create(_ name: EntryName, _ depth: Int) throws {
        let parent = try open(name.parent, depth: depth + 1)
        let leaf = name.leaf
        if mkdirat(parent.raw, leaf, 0o755) == 0 {
            return try addImplicit(name)
        }
        guard errno == EEXIST, let there = try Existing(leaf, in: parent.raw) else {
            throw SystemError("mkdir", name.description, errno: errno)
        }
        if there.isSymbolicLink {
            try createTarget(of: name, in: parent.raw, depth)
        } else if there.isWhiteout {
            try replaceWhiteout(name, in: parent.raw)
        } else if !there.isDirectory {
            throw GantryError(.invalidArgument, "\(name) is not a directory, and has entries in it")
        }
    }

    /// A link whose target is in a layer below: what goes through it goes to the target here.
    private func createTarget(of name: EntryName, in parent: Int32, _ depth: Int) throws {
        _ = try open(name.resolving(try readLink(name, in: parent)), depth: depth + 64)
    }

    /// `.wh.NAME` came before `NAME/…`: the directory is new, and nothing below shows through.
    private func replaceWhiteout(_ name: EntryName, in parent: Int32) throws {
        let leaf = name.leaf
        try Trees.removeNow(leaf, in: parent)
        try syscall("mkdir", name.description) { mkdirat(parent, leaf, 0o755) }
        try addImplicit(name)
        guard let directory = try root.open(name, GANTRY_O_PATH | GANTRY_O_DIRECTORY) else {
            throw Self.unreachable(name)
        }
        try attributes.markOpaque(directory.raw, name)
    }

    private func addImplicit(_ name: EntryName) throws {
        if implicit.insert(name).inserted { try kept.add(name) }
    }

    private static func unreachable(_ name: EntryName) -> GantryError {
        GantryError(.invalidArgument, "\(name): too many symbolic links, or too deep")
    }
}
