internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import System
internal import Text

/// Finds the sources of a container's mounts on the node.
enum HostMounts {
    /// In the order of the request, since a later mount may lie on an earlier one.
    /// - Throws: `invalidArgument` for a mount without a source.
    static func resolve(_ mounts: [Mount], _ volumes: ImageVolumes) async throws -> [HostMount] {
        let table = try await mountTable(for: mounts)
        var resolved: [HostMount] = []
        for (number, mount) in mounts.enumerated() {
            if let image = mount.image, image != ImageSpec() {
                resolved.append(try await volumes.prepare(mount, number: number))
            } else {
                resolved.append(try await Blocking.run { try resolve(mount, table) })
            }
        }
        return resolved
    }

    /// The table grows with the node's pods, and only propagation asks for it.
    private static func mountTable(for mounts: [Mount]) async throws -> MountTable {
        let propagates = mounts.contains { $0.propagation != .private }
        return propagates ? try await Blocking.run { try MountTable.read() } : MountTable("")
    }

    private static func resolve(_ mount: Mount, _ table: MountTable) throws -> HostMount {
        guard mount.hostPath.begins(with: "/") else {
            throw GantryError(
                .invalidArgument, "the mount's source \"\(mount.hostPath)\" is not absolute")
        }
        let source = try real(mount.hostPath)
        return HostMount(mount, source: source, sharing: table.sharing(of: source))
    }

    /// The path without symbolic links. A source that is not there becomes a directory, as in every
    /// other runtime.
    private static func real(_ path: String) throws -> String {
        if let found = realpath(path, nil) {
            defer { free(found) }
            return String(cString: found)
        }
        guard errno == ENOENT else { throw SystemError("realpath", path, errno: errno) }
        try Files.makeDirectories(path)
        guard let made = realpath(path, nil) else {
            throw SystemError("realpath", path, errno: errno)
        }
        defer { free(made) }
        return String(cString: made)
    }
}

/// The mounts of this process, for whether they are shared (proc(5), /proc/pid/mountinfo).
struct MountTable: Sendable {
    private let entries: [(path: String, sharing: HostMount.Sharing)]

    static func read() throws -> MountTable {
        MountTable(try Files.readText("/proc/self/mountinfo"))
    }

    init(_ text: String) {
        entries = text.split(at: "\n").compactMap { line in
            let fields = line.split(at: " ")
            guard fields.count > 6 else { return nil }
            let tags = fields[6...].prefix { $0 != "-" }
            let sharing: HostMount.Sharing =
                tags.contains { $0.begins(with: "shared:") }
                ? .shared : tags.contains { $0.begins(with: "master:") } ? .slave : .unshared
            return (Self.unescaped(fields[4]), sharing)
        }
    }

    /// Of the mount that `path` lies on: the last of those with the longest path.
    func sharing(of path: String) -> HostMount.Sharing {
        var best: (length: Int, sharing: HostMount.Sharing) = (-1, .unshared)
        for entry in entries where entry.path.utf8.count >= best.length {
            if entry.path == "/" || path.isSame(as: entry.path)
                || path.begins(with: entry.path + "/")
            {
                best = (entry.path.utf8.count, entry.sharing)
            }
        }
        return best.sharing
    }

    /// Blanks and backslashes stand there as three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
