internal import EROFS
internal import CLinux
internal import Glibc
internal import ImageTree
internal import Model

/// Trees of files in memory: those of layers, and what comes of putting these together. Files are
/// numbers, so that a tree of any depth is made, walked and given back without recursion. What nothing
/// names any more stays until the whole goes.
struct FileTree {
    struct File {
        var attributes: Attributes
        var kind: Kind
        /// A directory that its layer has no entry for: it looks as it does in the layers below.
        var isImplicit = false
        /// A directory through which nothing of the layers below shows.
        var isOpaque = false
    }

    enum Kind {
        /// The place of its children.
        case directory(Int)
        case file(size: UInt64, extents: [Extent])
        case symbolicLink(target: [UInt8])
        /// `mode` holds the type bits alone.
        case node(mode: mode_t, major: UInt32, minor: UInt32)
        /// Nothing of this name comes from the layers below.
        case whiteout
        /// A hard link to a file that its layer does not have.
        case linkBelow(target: EntryName)
    }

    typealias Name = [UInt8]

    private(set) var files: [File] = []
    private var directories: [[Name: Int]] = []
    private var budget: Int
    private let limit: Int

    /// What a file costs besides names and the like.
    private static let each = 192

    /// - Parameter memory: what all files may take, in bytes.
    init(memory: Int) {
        limit = memory
        budget = memory
    }

    subscript(_ file: Int) -> File {
        get { files[file] }
        _modify { yield &files[file] }
    }

    /// - Throws: `GantryError` (`resourceExhausted`).
    mutating func make(_ attributes: Attributes, _ kind: Kind) throws(GantryError) -> Int {
        try spend(Self.each + Self.size(of: attributes) + Self.size(of: kind))
        files.append(File(attributes: attributes, kind: kind))
        return files.count - 1
    }

    mutating func makeDirectory(
        _ attributes: Attributes = .plainDirectory
    ) throws(GantryError) -> Int {
        directories.append([:])
        return try make(attributes, .directory(directories.count - 1))
    }

    private mutating func spend(_ bytes: Int) throws(GantryError) {
        budget -= bytes
        guard budget >= 0 else {
            throw GantryError(
                .resourceExhausted, "the index of the image takes more than \(limit) bytes")
        }
    }

    private static func size(of attributes: Attributes) -> Int {
        attributes.extended.reduce(0) { $0 + 64 + $1.name.bytes.count + $1.value.count }
    }

    private static func size(of kind: Kind) -> Int {
        switch kind {
        case .file(_, let extents): extents.count * MemoryLayout<Extent>.stride
        case .symbolicLink(let target): target.count
        case .linkBelow(let target): target.bytes.count
        case .directory, .node, .whiteout: 0
        }
    }

    func isDirectory(_ file: Int) -> Bool {
        if case .directory = files[file].kind { true } else { false }
    }

    /// Empty for what is no directory.
    func children(_ file: Int) -> [Name: Int] {
        guard case .directory(let place) = files[file].kind else { return [:] }
        return directories[place]
    }

    func child(_ name: Name, of file: Int) -> Int? {
        guard case .directory(let place) = files[file].kind else { return nil }
        return directories[place][name]
    }

    /// In the place of what has the name, or nothing.
    mutating func setChild(_ name: Name, of file: Int, to child: Int?) throws(GantryError) {
        guard case .directory(let place) = files[file].kind else { return }
        guard name.count <= Int(NAME_MAX) else {
            throw GantryError(.invalidArgument, "a file's name of \(name.count) bytes")
        }
        if child != nil { try spend(48 + name.count) }
        directories[place][name] = child
    }

    mutating func removeChildren(of file: Int) {
        guard case .directory(let place) = files[file].kind else { return }
        directories[place] = [:]
    }
}

extension Attributes {
    /// What containers expect of a directory nobody described.
    static let plainDirectory = Attributes(
        owner: 0, group: 0, mode: 0o755, modified: timespec())
}
