internal import CLinux
internal import Glibc
internal import Kernel

/// A running child whose standard streams are somebody else's affair. It must be waited for.
public final class SpawnedProgram: Sendable {
    let pid: Int32
    private let pidfd: Descriptor

    private init(pid: Int32, pidfd: consuming Descriptor) {
        self.pid = pid
        self.pidfd = pidfd
    }

    /// Starts the program in a session of its own. This blocks.
    /// - Parameters:
    ///   - input, output, error: descriptors for its standard streams; -1 is `/dev/null`.
    ///   - inherited: descriptors that it gets as 3, 4, …
    public static func start(
        _ command: Command, input: Int32, output: Int32, error: Int32, inherited: [Int32] = []
    ) throws -> SpawnedProgram {
        let pid = try Spawn.start(
            command.path, command.arguments, environment: command.environment,
            input: input, output: output, error: error, inherited: inherited, newSession: true)
        let pidfd = try syscall("pidfd_open") { gantry_pidfd_open(pid) }
        return SpawnedProgram(pid: pid, pidfd: Descriptor(owning: pidfd))
    }

    /// Kills it and what is in its session still, before it is waited for.
    public func kill() {
        Glibc.kill(-pid, SIGKILL)
        Glibc.kill(pid, SIGKILL)
    }

    /// Returns when it has exited; it is not reaped by that.
    public func ended() async throws {
        try await Reactor.shared.wait(for: pidfd.raw)
    }

    /// Waits for its exit and takes it: once only.
    /// - Returns: the exit code, or 128 + the signal that ended it.
    public func exit() async throws -> Int32 {
        try await ended()
        var word: Int32 = 0
        try syscall("waitpid") { waitpid(pid, &word, 0) }
        return Spawn.exitCode(of: word)
    }
}
