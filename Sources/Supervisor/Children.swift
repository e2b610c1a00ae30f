internal import Glibc
internal import Kernel

/// The children's ends: SIGCHLD as a descriptor, and waitpid for all that there are.
final class Children: EventSource {
    private let signals: Descriptor
    private unowned let loop: EventLoop

    init(_ signals: Int32, _ loop: EventLoop) {
        self.signals = Descriptor(owning: signals)
        self.loop = loop
    }

    var descriptor: Int32 { signals.raw }

    /// Several children's signals may come as one, so all that have ended are taken.
    func ready() -> Bool {
        var information = [UInt8](repeating: 0, count: 1024)
        while read(signals.raw, &information, information.count) > 0 {}
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return true }
            let signal = status & 0x7f
            loop.containers.ended(pid, code: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
        }
    }
}
