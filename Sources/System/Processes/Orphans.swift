internal import CLinux
internal import Glibc
internal import Kernel
internal import Model

/// A process as anybody sees it (proc(5)).
public struct RunningProgram: Sendable {
    public let arguments: [String]
    /// `NAME=VALUE`, as it was started.
    public let environment: [String]

    public init(arguments: [String], environment: [String]) {
        self.arguments = arguments
        self.environment = environment
    }
}

/// Programs that a killed daemon had started: nobody waits for them any more.
public enum Orphans {
    /// Kills all that fit, and returns when they are dead.
    /// - Parameter grace: the time that they have to go by themselves.
    /// - Throws: `deadlineExceeded` when some still live after `grace` and `limit`.
    public static func end(
        after grace: Duration = .zero, within limit: Duration = .seconds(10),
        _ fits: @escaping @Sendable (RunningProgram) -> Bool
    ) async throws {
        try await Blocking.run {
            let patience = ContinuousClock.now + grace
            if grace > .zero {
                for process in try find(fits) {
                    _ = process.hasExited(within: max(.zero, patience - .now))
                }
            }
            let deadline = ContinuousClock.now + limit
            while case let living = try find(fits), !living.isEmpty {
                for process in living { gantry_pidfd_send_signal(process.raw, SIGKILL) }
                for process in living { _ = process.hasExited(within: max(.zero, deadline - .now)) }
                guard ContinuousClock.now < deadline else {
                    throw GantryError(
                        .deadlineExceeded, "\(living.count) processes outlived SIGKILL by \(limit)")
                }
            }
        }
    }

    private static func find(_ fits: (RunningProgram) -> Bool) throws -> [PidDescriptor] {
        try Files.list("/proc").compactMap { name in
            guard let pid = Int32(name), pid != getpid(), let process = PidDescriptor(pid),
                let program = program(pid), fits(program), !process.hasExited(within: .zero)
            else { return nil }
            return process
        }
    }

    /// Nil when it has gone, or when it is a thread of the kernel.
    private static func program(_ pid: Int32) -> RunningProgram? {
        guard let arguments = words("/proc/\(pid)/cmdline"),
            let environment = words("/proc/\(pid)/environ")
        else { return nil }
        return RunningProgram(arguments: arguments, environment: environment)
    }

    private static func words(_ path: String) -> [String]? {
        guard let bytes = try? Files.read(path), !bytes.isEmpty else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
