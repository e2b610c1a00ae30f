internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import System
internal import Text

/// Finds the sources of a container's mounts on the node.
struct HostMounts: Sendable {
    let paths: HostPaths

    /// In the order of the request, since a later mount may lie on an earlier one.
    /// - Throws: `invalidArgument` for a mount without a source; `failedPrecondition` for one that cannot
    ///   be looked at.
    func resolve(_ mounts: [Mount], _ volumes: ImageVolumes) async throws -> [HostMount] {
        let table = try await Self.mountTable(for: mounts)
        var resolved: [HostMount] = []
        for (number, mount) in mounts.enumerated() {
            if mount.isOfImage {
                resolved.append(try await volumes.prepare(mount, number: number))
            } else {
                resolved.append(try await resolve(mount, table))
            }
        }
        return resolved
    }

    /// The table grows with the node's pods, and only propagation asks for it.
    private static func mountTable(for mounts: [Mount]) async throws -> MountTable {
        let propagates = mounts.contains { $0.propagation != .private }
        return propagates ? try await Blocking.run { try MountTable.read() } : MountTable("")
    }

    private func resolve(_ mount: Mount, _ table: MountTable) async throws -> HostMount {
        guard mount.hostPath.begins(with: "/") else {
            throw GantryError(
                .invalidArgument,
                "mounts.host_path: the mount's source \"\(mount.hostPath)\" is not absolute")
        }
        let found = try await find(mount.hostPath)
        // What has no name, as a pipe below /proc/PID/fd.
        guard found.path.begins(with: "/") else {
            throw GantryError(
                .invalidArgument,
                "mounts.host_path: \(mount.hostPath) is \(found.path), which cannot be mounted")
        }
        var resolved = HostMount(mount, source: found.path, sharing: table.sharing(of: found.path))
        resolved.isDirectory = found.isDirectory
        resolved.mayHang = found.mayHang
        return resolved
    }

    /// A source that is not there becomes a directory, as in every other runtime.
    private func find(_ path: String) async throws -> HostPaths.Found {
        do {
            return try await paths.find(path, makesDirectory: true)
        } catch {
            throw error.about("mounts.host_path")
        }
    }

    /// An error of a runtime that took too long over these: with those of their sources that do not answer,
    /// where there are any.
    func explained(_ error: any Error, _ mounts: [HostMount]) async -> any Error {
        guard (error as? GantryError)?.code == .deadlineExceeded else { return error }
        for mount in mounts where mount.mayHang {
            do {
                _ = try await paths.find(mount.source)
            } catch let reason {
                return GantryError(
                    .failedPrecondition, "mounts.host_path: \(reason)", cause: error)
            }
        }
        return error
    }
}

extension Error {
    /// Of a path that could not be looked at: the field that names it, and whether the request is at fault.
    func about(_ field: String) -> GantryError {
        let number = (self as? SystemError)?.errno
        let isAtFault = [ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL].contains(number)
        return GantryError(isAtFault ? .invalidArgument : .failedPrecondition, field, cause: self)
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
    static func unescaped(_ field: Substring) -> String {
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
