internal import CLinux
internal import Glibc
public import Kernel

/// What a path means in a container whose root directory is somewhere on the node: symbolic links and
/// `..` end at that root (CVE-2022-23648).
public struct RootedPlace: ~Copyable {
    /// As seen in the container, without symbolic links as far as there is anything; what is not there
    /// is as it was written.
    public let path: String
    /// What is there (`O_PATH`); nil is nothing.
    public let descriptor: Descriptor?
    /// Whether a directory is there, or could be made: no file is in the way, and no link that leads nowhere,
    /// for in the container it may lead elsewhere, as into /proc.
    public let isDirectoryOrNothing: Bool

    /// - Parameters:
    ///   - path: absolute; a relative one is below the root.
    ///   - root: the root directory on the node.
    /// - Throws: `SystemError`.
    public init(_ path: String, inRoot root: String) throws(SystemError) {
        let root = try TreeRoot(root)
        var name = EntryName(path.utf8CString.dropLast())
        let opened = try root.open(name, GANTRY_O_PATH)
        var rest: [String] = []
        var found = opened.raw < 0 ? nil : try Self.path(of: opened.raw, in: root)
        var isFree = opened.raw < 0 ? true : try Self.isDirectory(opened.raw)
        while found == nil, !name.isRoot {
            let leaf = name.leaf
            rest.append(
                String(decoding: leaf.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
            name = name.parent
            if let above = try root.open(name, GANTRY_O_PATH) {
                found = try Self.path(of: above.raw, in: root)
                if try Self.isDirectory(above.raw) {
                    isFree = try Existing(leaf, in: above.raw) == nil
                } else {
                    isFree = false
                }
            }
        }
        descriptor = opened
        isDirectoryOrNothing = isFree
        self.path = Path.cleaned(([found ?? "/"] + rest.reversed()).joined(separator: "/"))
    }

    private static func isDirectory(_ place: Int32) throws(SystemError) -> Bool {
        var status = stat()
        try syscall("fstat") { fstat(place, &status) }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Opens the directory for reading; nil when nothing is there.
    public func openDirectory() throws(SystemError) -> Descriptor? {
        let raw = descriptor.raw
        if raw < 0 { return nil }
        return try Files.open(Files.path(of: raw), O_RDONLY | GANTRY_O_DIRECTORY)
    }

    /// Both as the kernel names them, the root's in front.
    private static func path(of place: Int32, in root: borrowing TreeRoot) throws(SystemError)
        -> String
    {
        let above = try readPath(root.descriptor.raw)
        let whole = try readPath(place)
        return String(
            decoding: whole.dropFirst(above == Array("/".utf8) ? 0 : above.count), as: UTF8.self)
    }

    private static func readPath(_ descriptor: Int32) throws(SystemError) -> [UInt8] {
        let link = Files.path(of: descriptor)
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try syscall("readlink", link) { readlink(link, &bytes, bytes.count) }
        return bytes[..<count].map(UInt8.init(bitPattern:))
    }

    /// Makes a directory and those above it, as far as they are not there. Where something else is in
    /// the way, nothing is made.
    /// - Throws: `SystemError`.
    public static func makeDirectory(
        _ path: String, inRoot root: String, owner: UInt32, group: UInt32
    ) throws(SystemError) {
        let root = try TreeRoot(root)
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        var name = EntryName.root
        for component in EntryName(path.utf8CString.dropLast()).components {
            guard let parent = try root.open(name, flags) else { return }
            name = name.appending(component.dropLast())
            if try root.open(name, flags) != nil { continue }
            if mkdirat(parent.raw, component, 0o755) != 0 {
                if errno == EEXIST { return }
                throw SystemError("mkdir", name.description, errno: errno)
            }
            try syscall("chown", name.description) {
                fchownat(parent.raw, component, owner, group, AT_SYMLINK_NOFOLLOW)
            }
        }
    }

    /// Makes the symbolic link `/etc/mtab`, which programs read for the list of mounts, where an image
    /// has nothing of that name.
    /// - Throws: `SystemError`.
    public static func linkMountTable(inRoot root: String, owner: UInt32, group: UInt32)
        throws(SystemError)
    {
        try makeDirectory("/etc", inRoot: root, owner: owner, group: group)
        let root = try TreeRoot(root)
        let flags = GANTRY_O_PATH | GANTRY_O_DIRECTORY
        guard let directory = try root.open(EntryName("etc".utf8CString.dropLast()), flags) else {
            return
        }
        if symlinkat("/proc/mounts", directory.raw, "mtab") != 0 {
            if errno == EEXIST { return }
            throw SystemError("symlink", "/etc/mtab", errno: errno)
        }
        try syscall("chown", "/etc/mtab") {
            fchownat(directory.raw, "mtab", owner, group, AT_SYMLINK_NOFOLLOW)
        }
    }
}
