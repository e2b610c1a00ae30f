internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import NIOCore
internal import NIOPosix
internal import Service
internal import System

/// The unix socket of the metrics: for root, and for the group of the CRI's socket where it has one.
struct MetricsSocket: Sendable {
    private let path: String
    private let group: String

    init(_ settings: Settings) {
        path = settings.metricsSocket
        group = settings.socketGroup
    }

    /// - Throws: `GantryError`: `unavailable` when another program listens there or something else is
    ///   there.
    func listen(_ server: ServerBootstrap) async throws -> any Channel {
        try await Blocking.run { try makeRoom() }
        do {
            let channel = try await server.bind(unixDomainSocketPath: path).get()
            try await Blocking.run { try admit() }
            return channel
        } catch {
            throw GantryError(.unavailable, "cannot serve metrics on \(path)", cause: error)
        }
    }

    /// Removes what a killed daemon has left.
    private func makeRoom() throws {
        try Files.makeDirectories(Path.parent(of: path), mode: 0o711)
        var status = stat()
        if lstat(path, &status) != 0 { return }
        guard status.st_mode & Glibc.S_IFMT == Glibc.S_IFSOCK else {
            throw GantryError(.unavailable, "metrics_socket: \(path) is there and is no socket")
        }
        let client = gantry_unix_connect(path, 1)
        guard client < 0 else {
            close(client)
            throw GantryError(.unavailable, "metrics_socket: another program serves \(path)")
        }
        try Files.remove(path)
    }

    /// To connect is to write (unix(7)): until here, with the daemon's umask, root alone may.
    private func admit() throws {
        try syscall("chmod", path) { chmod(path, 0o660) }
        guard let number = try SocketGroup.number(of: group) else { return }
        try syscall("lchown", path) { lchown(path, .max, number) }
    }
}
