internal import Model

/// In which order the inodes of a tree are written, and what each of them must know of others.
struct Tree {
    /// The root first; what is in one directory stands together.
    private(set) var order: [Int] = [0]
    /// Of directories: the one above; the root's is itself.
    private(set) var parents: [Int]
    /// How many names there are for it; of a directory two, and one for each directory in it.
    private(set) var links: [UInt32]

    /// A hostile image must not become gigabytes of metadata.
    static let mostInodes = 16_000_000

    /// - Throws: `GantryError`, see `Metadata`.
    init(_ inodes: [Inode]) throws(GantryError) {
        guard inodes.count <= Self.mostInodes else {
            throw GantryError(
                .resourceExhausted, "\(inodes.count) files, \(Self.mostInodes) are the most")
        }
        guard case .directory = inodes.first?.content else {
            throw GantryError(.invalidArgument, "the root is no directory")
        }
        parents = Array(repeating: -1, count: inodes.count)
        links = Array(repeating: 0, count: inodes.count)
        parents[0] = 0
        links[0] = 2
        order.reserveCapacity(inodes.count)
        var next = 0
        while next < order.count {
            let number = order[next]
            next += 1
            guard case .directory(let entries) = inodes[number].content else { continue }
            for entry in entries { try add(entry, in: number, inodes) }
        }
        guard order.count == inodes.count else {
            throw GantryError(
                .invalidArgument, "\(inodes.count - order.count) files are in no directory")
        }
    }

    private mutating func add(
        _ entry: DirectoryEntry, in directory: Int, _ inodes: [Inode]
    ) throws(GantryError) {
        guard inodes.indices.contains(entry.inode), Self.isName(entry.name) else {
            throw GantryError(
                .invalidArgument,
                "\"\(String(decoding: entry.name, as: UTF8.self))\" is no name of a file")
        }
        if links[entry.inode] == 0 { order.append(entry.inode) }
        if case .directory = inodes[entry.inode].content {
            guard links[entry.inode] == 0 else {
                throw GantryError(.invalidArgument, "a directory with two names")
            }
            parents[entry.inode] = directory
            links[entry.inode] = 2
            links[directory] += 1
        } else {
            links[entry.inode] += 1
        }
    }

    private static func isName(_ name: [UInt8]) -> Bool {
        (1...255).contains(name.count) && !name.contains(0) && !name.contains(UInt8(ascii: "/"))
            && name != [46] && name != [46, 46]
    }
}
