internal import CLinux
internal import Glibc
public import Kernel
internal import Model
internal import Text

/// Looks at paths of the node that others name: a pod's author, the kubelet.
///
/// A file system that does not answer (NFS without its server, FUSE without its program) holds whoever
/// asks it for as long as that lasts, and beyond SIGKILL. So what the kernel cannot tell from its memory, on
/// a file system of this machine alone, is left to a process of its own, `gantry-path`, with a limit.
public struct HostPaths: Sendable {
    /// What there is.
    public struct Found: Hashable, Sendable {
        /// Absolute, without symbolic links.
        public var path: String
        /// As `st_mode` (inode(7)).
        public var mode: UInt32
        public var uid: UInt32
        public var gid: UInt32
        /// Of a device.
        public var major: UInt32
        public var minor: UInt32
        /// Whether its file system may not answer another time.
        public var mayHang: Bool

        public var isDirectory: Bool { mode & UInt32(Glibc.S_IFMT) == UInt32(Glibc.S_IFDIR) }
        public var isRegular: Bool { mode & UInt32(Glibc.S_IFMT) == UInt32(Glibc.S_IFREG) }
    }

    /// Nil: looks in this process, and waits.
    private let program: String?
    private let limit: Duration

    /// - Parameters:
    ///   - program: path of `gantry-path`.
    ///   - limit: what one look may take.
    public init(program: String, limit: Duration) {
        self.program = program
        self.limit = limit
    }

    /// For those whom nobody waits for.
    public init() {
        program = nil
        limit = .zero
    }

    /// - Parameter makesDirectory: whether a directory, with those above it, is made where nothing is.
    /// - Throws: `SystemError`; `GantryError` (`failedPrecondition`) when there is no answer in time. Both
    ///   name the path.
    public func find(_ path: String, makesDirectory: Bool = false) async throws -> Found {
        do {
            return try await Blocking.run { [program] in
                try Self.look(path, quickly: program != nil)
            }
        } catch let error as SystemError {
            guard error.errno == EAGAIN || error.errno == ENOENT && makesDirectory else {
                throw error
            }
        }
        guard program != nil else {
            try await Blocking.run { try Files.makeDirectories(path) }
            return try await find(path)
        }
        let answer = try await ask([makesDirectory ? "make" : "find", path])
        guard let found = Found(answer: String(decoding: answer, as: UTF8.self)) else {
            throw GantryError(.internal, "gantry-path says nothing of \(path)")
        }
        return found
    }

    /// What a regular file has.
    /// - Throws: as `find`; `EINVAL` for what is no regular file, `EFBIG` past `limit` bytes.
    public func read(_ path: String, limit: Int) async throws -> [UInt8] {
        let found = try await find(path)
        guard found.isRegular else { throw SystemError("read", path, errno: EINVAL) }
        if found.mayHang { return try await ask(["read", path, "\(limit)"]) }
        return try await Blocking.run { try Files.readRegular(path, limit: limit) }
    }

    private static func look(_ path: String, quickly: Bool) throws(SystemError) -> Found {
        var found = gantry_found()
        var real = [CChar](repeating: 0, count: Int(PATH_MAX))
        try syscall("open", path) {
            gantry_find(path, quickly ? 1 : 0, &found, &real, real.count)
        }
        return Found(
            path: Trees.readable(real), mode: found.mode, uid: found.uid, gid: found.gid,
            major: found.major, minor: found.minor, mayHang: false)
    }

    /// What a name of an open directory stands for, itself and not what it links to. Nil where there is
    /// nothing. This blocks.
    public static func lookNow(
        _ name: [CChar], in directory: Int32
    ) throws(SystemError) -> Found? {
        var status = stat()
        do throws(SystemError) {
            try syscall("stat", Trees.readable(name)) {
                fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW)
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        return Found(
            path: Trees.readable(name), mode: status.st_mode, uid: status.st_uid,
            gid: status.st_gid, major: gnu_dev_major(status.st_rdev),
            minor: gnu_dev_minor(status.st_rdev), mayHang: false)
    }

    private static let calls = SharedCalls<[String], [UInt8]>()

    private func ask(_ arguments: [String]) async throws -> [UInt8] {
        try await Self.calls.run(arguments) { try await askNow(arguments) }
    }

    private func askNow(_ arguments: [String]) async throws -> [UInt8] {
        let path = arguments[1]
        var command = Command(program ?? "", arguments, limit: limit)
        command.outputLimit = .max
        guard AbandonedProcesses.shared.count(of: command.words) < Self.mostAbandoned else {
            throw silent(path)
        }
        do {
            let output = try await command.run()
            if output.status == 0 { return output.standardOutput }
            throw SystemError(output.errorText, path, errno: output.status)
        } catch let error as GantryError where error.code == .deadlineExceeded {
            throw silent(path)
        }
    }

    /// Processes that a path holds: of many more, the last would learn nothing either.
    private static let mostAbandoned = 3

    private func silent(_ path: String) -> GantryError {
        GantryError(
            .failedPrecondition, "the file system of \(path) has not answered for \(limit)")
    }
}

extension HostPaths.Found {
    /// As `gantry-path` writes it.
    init?(answer: String) {
        let parts = answer.split(at: " ", maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count == 7, let mode = UInt32(parts[0], radix: 8), let major = UInt32(parts[1]),
            let minor = UInt32(parts[2]), let uid = UInt32(parts[3]), let gid = UInt32(parts[4]),
            let kind = UInt64(parts[5], radix: 16)
        else { return nil }
        self.init(
            path: String(parts[6]), mode: mode, uid: uid, gid: gid, major: major, minor: minor,
            mayHang: gantry_is_local(kind) == 0)
    }
}
