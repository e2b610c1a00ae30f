internal import CLinux
internal import Glibc
public import Kernel

/// A walk through a directory tree that somebody else made: however deep it is, there is no
/// recursion and one open directory, and however many names a directory has, few of them are in memory.
/// It goes down by name, and never through a symbolic link. It goes up by `..`, and deep down by handles where it
/// can: on a mount of something else than a file system's root (a bind mount, a subvolume), the kernel follows all
/// parents up to there at each `..`, and a walk down and up takes the square of its depth.
public struct TreeWalk: ~Copyable {
    public enum Step {
        /// A name in the directory that the walk is in, as bytes that end in a zero.
        case entry([CChar])
        /// The walk has left the directory of that name, and is in the one above it.
        case left([CChar])
    }

    fileprivate struct Level {
        let name: [CChar]
        let identity: FileIdentity
        /// Deep down alone, and where there are such.
        var handle: DirectoryHandle?
        /// Those that come next, the last one first.
        var names: [NamesInDirectory.Name] = []
        /// Where the directory is to be read on.
        var position = 0
        /// Whether its end was reached.
        var isRead = false
        /// Whether it was read on from its middle, from where some file systems pass over names once
        /// others were removed.
        var wasResumed = false
    }

    /// Names of one directory that are in memory; and so many directories above have theirs as well.
    private static let mostNames = 256
    private static let mostLevels = 64

    /// The directory that the walk is in.
    private var current: Descriptor
    private var levels: [Level]
    private let resolve: UInt64
    private let removes: Bool
    private let isSorted: Bool

    /// - Parameters:
    ///   - acrossMounts: whether directories on other file systems are entered.
    ///   - removes: whether each entry is removed before the next step: then none is passed over.
    ///   - isSorted: whether names come in the order of their bytes, for which all those of a directory and
    ///     of the ones above it are in memory.
    public init(
        _ root: consuming Descriptor, acrossMounts: Bool = true, removes: Bool = false,
        isSorted: Bool = false
    ) throws(SystemError) {
        levels = [Level(name: [], identity: try FileIdentity(root))]
        current = root
        resolve = acrossMounts ? 0 : GANTRY_RESOLVE_NO_XDEV
        self.removes = removes
        self.isSorted = isSorted
    }

    /// The number of the directory that the walk is in, valid until the next call.
    public var directory: Int32 { current.raw }

    /// How many directories the walk is below its root.
    public var depth: Int { levels.count - 1 }

    /// Nil at the end.
    /// - Throws: `ESTALE` when a directory was moved elsewhere while the walk was in it.
    public mutating func next() throws(SystemError) -> Step? {
        while true {
            if let name = levels[depth].names.popLast() {
                if levels[depth].names.isEmpty || depth >= Self.mostLevels {
                    levels[depth].position = name.next
                }
                return .entry(name.bytes)
            }
            if !levels[depth].isRead {
                try readOn()
            } else if removes, levels[depth].wasResumed {
                levels[depth].readAgain()
            } else {
                return depth == 0 ? nil : .left(try ascend())
            }
        }
    }

    /// Enters the directory `name` of the one that the walk is in: the next steps are in there.
    /// - Throws: `ELOOP` or `ENOTDIR` for what is no directory, `EXDEV` for a mount.
    public mutating func enter(_ name: [CChar]) throws(SystemError) {
        let inner = try open(name)
        let identity = try FileIdentity(inner)
        if depth >= Self.mostLevels, !isSorted { levels[depth].forgetNames() }
        let handle = depth >= Self.mostLevels ? DirectoryHandle(inner) : nil
        levels.append(Level(name: name, identity: identity, handle: handle))
        current = inner
    }

    private mutating func readOn() throws(SystemError) {
        let start = levels[depth].position
        let most = isSorted ? Int.max : Self.mostNames
        var names = try NamesInDirectory.read(current, from: start, most: most)
        if isSorted { names.sort { $0.precedes($1) } }
        levels[depth].names = names.reversed()
        levels[depth].isRead = names.count < most
        levels[depth].wasResumed = levels[depth].wasResumed || start != 0
    }

    private mutating func ascend() throws(SystemError) -> [CChar] {
        let above = try openAbove()
        guard try FileIdentity(above) == levels[depth - 1].identity else {
            throw SystemError("open", "..", errno: ESTALE)
        }
        current = above
        return levels.removeLast().name
    }

    private func openAbove() throws(SystemError) -> Descriptor {
        if let above = levels[depth - 1].handle, above.mount == levels[depth].handle?.mount,
            let opened = above.open(on: current)
        {
            return opened
        }
        return try open([46, 46, 0])
    }

    private func open(_ name: [CChar]) throws(SystemError) -> Descriptor {
        let flags = UInt64(GANTRY_O_DIRECTORY | GANTRY_O_NOFOLLOW)
        let directory = current.raw
        return Descriptor(
            owning: try syscall("open", Trees.readable(name)) {
                gantry_openat2(directory, name, flags, 0, resolve)
            })
    }
}

extension TreeWalk.Level {
    /// They are read once more when the walk is back.
    fileprivate mutating func forgetNames() {
        if names.isEmpty { return }
        names = []
        isRead = false
    }

    fileprivate mutating func readAgain() {
        position = 0
        isRead = false
        wasResumed = false
    }
}
