internal import CLinux
internal import Glibc

/// The socket in the file system, held by one server at a time.
///
/// The core would take the path from a live server without a word, and that server would unlink it
/// at its own end. So a lock file stands beside it, whose lock goes with the process.
public final class SocketFile: Sendable {
    public struct Refusal: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// unix(7): `sun_path` holds 108 bytes, the last of which is NUL.
    private static let longestPath = 107

    private let path: String
    private let lock: Int32

    init(_ path: String) throws {
        guard path.utf8.count <= Self.longestPath else {
            throw Refusal(
                description: "the socket \(path) has more than \(Self.longestPath) bytes")
        }
        self.path = path
        let lockPath = path + ".lock"
        lock = open(lockPath, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw Refusal(description: "open \(lockPath): \(String(cString: strerror(errno)))")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw Refusal(description: "the socket \(path) is served by another process")
        }
        guard Self.isSocketOrAbsent(path) else {
            throw Refusal(description: "\(path) is there and is no socket")
        }
        guard !Self.isServed(path) else {
            throw Refusal(description: "another program serves the socket \(path)")
        }
    }

    /// Runs after a refusal too, once `lock` is set.
    deinit {
        if lock >= 0 { close(lock) }
    }

    private static func isSocketOrAbsent(_ path: String) -> Bool {
        var attributes = stat()
        guard lstat(path, &attributes) == 0 else { return true }
        return attributes.st_mode & Glibc.S_IFMT == Glibc.S_IFSOCK
    }

    /// Whether somebody listens there, who need not know of the lock: the socket may be another
    /// runtime's.
    private static func isServed(_ path: String) -> Bool {
        let client = gantry_unix_connect(path, 1)
        guard client >= 0 else { return false }
        close(client)
        return true
    }

    /// Removes what a killed server left, and has `listen` make the socket with `mode`, for `group`.
    func bind(mode: UInt32, group: UInt32? = nil, _ listen: () -> Bool) throws {
        unlink(path)
        let succeeded = withoutActuallyEscaping(listen) { Masked(~mode & 0o777, $0).run() }
        guard succeeded else {
            throw Refusal(description: "cannot listen on the socket \(path)")
        }
        guard let group, lchown(path, .max, group) != 0 else { return }
        let reason = String(cString: strerror(errno))
        throw Refusal(description: "cannot give the socket \(path) to group \(group): \(reason)")
    }

    func remove() {
        unlink(path)
    }
}

/// Work under a umask of its own, on a thread of its own: the umask is the process's until a thread
/// leaves it (unshare(2), `CLONE_FS`), and what other threads make meanwhile would have the wrong mode.
private final class Masked {
    /// `CLONE_FS` of sched.h.
    private static let cloneFS: Int32 = 0x200

    private let mask: UInt32
    private let work: () -> Bool
    private var succeeded = false

    init(_ mask: UInt32, _ work: @escaping () -> Bool) {
        self.mask = mask
        self.work = work
    }

    /// False too when there is no thread to be had.
    func run() -> Bool {
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Masked>.fromOpaque(argument).takeUnretainedValue().runHere()
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
        guard result == 0 else { return false }
        pthread_join(thread, nil)
        return succeeded
    }

    private func runHere() {
        guard gantry_unshare(Self.cloneFS) == 0 else { return }
        umask(mask)
        succeeded = work()
    }
}
