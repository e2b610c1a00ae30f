internal import CLinux
internal import Glibc
internal import Kernel

/// A process that is not ours to reap, held by a pidfd so that its ID cannot come to mean another.
public final class PidDescriptor: Sendable {
    private let descriptor: Descriptor

    public var raw: Int32 { descriptor.raw }

    /// Nil when there is no such process.
    public init?(_ pid: Int32) {
        let number = gantry_pidfd_open(pid)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: number)
    }

    /// Returns when it has exited, all of its threads with it.
    public func exit() async throws {
        try await Reactor.shared.wait(for: raw)
    }

    public func kill() {
        gantry_pidfd_send_signal(raw, SIGKILL)
    }

    /// The same on the calling thread: whether it has exited, or does so within `limit`.
    public func hasExited(within limit: Duration) -> Bool {
        var entry = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(clamping: limit / .milliseconds(1))) > 0
    }
}
