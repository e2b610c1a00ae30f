internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization

/// A running child of this process with pipes for its standard streams.
final class ChildProcess: Sendable {
    private let pid: Int32
    private let pidfd: Descriptor
    private let standardInput: Mutex<Descriptor?>
    private let standardOutput: Descriptor
    private let standardError: Descriptor
    /// Its exit, once it was reaped: from then on its ID may be another process's.
    private let status = Mutex<Int32?>(nil)

    private init(
        pid: Int32, pidfd: consuming Descriptor, input: consuming Descriptor,
        output: consuming Descriptor, error: consuming Descriptor
    ) {
        self.pid = pid
        self.pidfd = pidfd
        standardInput = Mutex(input)
        standardOutput = output
        standardError = error
    }

    /// Starts the program in a session of its own, off the concurrency pool.
    static func start(_ command: Command) async throws -> ChildProcess {
        try await Blocking.run { try ChildProcess.spawn(command) }
    }

    private static func spawn(_ command: Command) throws -> ChildProcess {
        var input = try Pipe()
        var output = try Pipe()
        var error = try Pipe()
        guard let theirs = input.readEnd.take(), let ours = input.writeEnd.take(),
            let outRead = output.readEnd.take(), let outWrite = output.writeEnd.take(),
            let errRead = error.readEnd.take(), let errWrite = error.writeEnd.take()
        else { throw GantryError(.internal, "a pipe has two ends") }
        try ours.setNonblocking()
        try outRead.setNonblocking()
        try errRead.setNonblocking()
        let pid = try Spawn.start(
            command.path, command.arguments, environment: command.environment,
            input: theirs.raw, output: outWrite.raw, error: errWrite.raw, newSession: true,
            timerSlack: command.mark?.timerSlack ?? 0)
        let pidfd = try syscall("pidfd_open") { gantry_pidfd_open(pid) }
        return ChildProcess(
            pid: pid, pidfd: Descriptor(owning: pidfd), input: ours, output: outRead, error: errRead
        )
    }

    /// Feeds the input, collects the outputs, reaps the child; kills its session when cancelled.
    func finish(_ command: Command) async throws -> Command.Output {
        let words = [Path.lastComponent(of: command.path)] + command.arguments.prefix(1)
        let doing = words.joined(separator: " ")
        do {
            return try await withDeadline(command.limit, doing) {
                try await self.converse(command)
            }
        } catch {
            killSession()
            try await Blocking.run { self.abandon(command) }
            throw error
        }
    }

    private func killSession() {
        status.withLock { status in
            guard status == nil else { return }
            kill(-pid, SIGKILL)
            kill(pid, SIGKILL)
        }
    }

    /// Waits for the end of one that was killed, but not for ever: the kernel may hold it. This blocks.
    private func abandon(_ command: Command) {
        var entry = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, Self.killLimit) > 0 {
            _ = reap()
        } else if status.withLock({ $0 }) == nil {
            AbandonedProcesses.shared.add(pid, command.words)
        }
    }

    /// Milliseconds.
    private static let killLimit: Int32 = 2000

    /// The streams are read until they end or the program does: what another process writes to them
    /// later belongs to nobody.
    private func converse(_ command: Command) async throws -> Command.Output {
        try await withThrowingTaskGroup(of: Piece.self) { group in
            group.addTask { .output(await self.standardOutput.collect(command.outputLimit)) }
            group.addTask { .error(await self.standardError.collect(command.outputLimit)) }
            group.addTask {
                await self.feed(command.input)
                return .fed
            }
            let status = try await exit()
            group.cancelAll()
            return try await assemble(status, group)
        }
    }

    private enum Piece: Sendable {
        case output([UInt8])
        case error([UInt8])
        case fed
    }

    private func assemble(
        _ status: Int32, _ pieces: ThrowingTaskGroup<Piece, any Error>
    ) async throws -> Command.Output {
        var output: [UInt8] = []
        var error: [UInt8] = []
        for try await piece in pieces {
            switch piece {
            case .output(let bytes): output = bytes
            case .error(let bytes): error = bytes
            case .fed: break
            }
        }
        return Command.Output(status: status, standardOutput: output, standardError: error)
    }

    /// Writes the input and closes the pipe; a program that does not read it all is no error.
    private func feed(_ bytes: [UInt8]) async {
        guard let pipe = standardInput.withLock({ $0.take() }) else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                gantry_write_quietly(pipe.raw, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                guard (try? await Reactor.shared.wait(for: pipe.raw, .writable)) != nil else {
                    return
                }
            } else if errno != EINTR {
                return
            }
        }
    }

    private func exit() async throws -> Int32 {
        try await Reactor.shared.wait(for: pidfd.raw)
        return reap()
    }

    /// Takes the exit status of a child that has exited or is being killed.
    private func reap() -> Int32 {
        status.withLock { status in
            if let status { return status }
            var word: Int32 = 0
            _ = try? syscall("waitpid") { waitpid(pid, &word, 0) }
            let code = Spawn.exitCode(of: word)
            status = code
            return code
        }
    }
}
