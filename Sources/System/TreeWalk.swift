internal import CLinux
internal import Glibc
public import Kernel

/// A walk through a directory tree that somebody else made: however deep it is, there is no
/// recursion and one open directory. It goes down by name and up by `..`, and never through a
/// symbolic link.
public struct TreeWalk: ~Copyable {
    public enum Step {
        /// A name in the directory that the walk is in, as bytes that end in a zero.
        case entry([CChar])
        /// The walk has left the directory of that name, and is in the one above it.
        case left([CChar])
    }

    private struct Level {
        let name: [CChar]
        let identity: FileIdentity
        var rest: [[CChar]]
    }

    /// The directory that the walk is in.
    private var current: Descriptor
    private var levels: [Level]
    private let resolve: UInt64

    /// - Parameter acrossMounts: whether directories on other file systems are entered.
    public init(
        _ root: consuming Descriptor, acrossMounts: Bool = true
    ) throws(SystemError) {
        levels = [try Self.level([], root)]
        current = root
        resolve = acrossMounts ? 0 : GANTRY_RESOLVE_NO_XDEV
    }

    /// The number of the directory that the walk is in, valid until the next call.
    public var directory: Int32 { current.raw }

    /// How many directories the walk is below its root.
    public var depth: Int { levels.count - 1 }

    /// Nil at the end.
    /// - Throws: `ESTALE` when a directory was moved elsewhere while the walk was in it.
    public mutating func next() throws(SystemError) -> Step? {
        guard levels[levels.count - 1].rest.isEmpty else {
            return .entry(levels[levels.count - 1].rest.removeLast())
        }
        return depth == 0 ? nil : .left(try ascend())
    }

    /// Enters the directory `name` of the one that the walk is in: the next steps are in there.
    /// - Throws: `ELOOP` or `ENOTDIR` for what is no directory, `EXDEV` for a mount.
    public mutating func enter(_ name: [CChar]) throws(SystemError) {
        let inner = try open(name)
        levels.append(try Self.level(name, inner))
        current = inner
    }

    private mutating func ascend() throws(SystemError) -> [CChar] {
        let above = try open([46, 46, 0])
        guard try FileIdentity(above) == levels[levels.count - 2].identity else {
            throw SystemError("open", "..", errno: ESTALE)
        }
        current = above
        return levels.removeLast().name
    }

    private func open(_ name: [CChar]) throws(SystemError) -> Descriptor {
        let flags = UInt64(GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        let directory = current.raw
        return Descriptor(
            owning: try syscall("open", Trees.readable(name)) {
                gantry_openat2(directory, name, flags, 0, resolve)
            })
    }

    private static func level(
        _ name: [CChar], _ directory: borrowing Descriptor
    ) throws(SystemError) -> Level {
        Level(
            name: name, identity: try FileIdentity(directory),
            rest: try Trees.children(of: directory))
    }
}

/// What tells one file of the node from another.
private struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64

    init(_ file: borrowing Descriptor) throws(SystemError) {
        var status = stat()
        let raw = file.raw
        try syscall("fstat") { fstat(raw, &status) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
