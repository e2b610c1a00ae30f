internal import CLinux
internal import Glibc
internal import Kernel
internal import System

/// The signals that would end the daemon, as they come. None of them does: what each is for is in
/// `Control`.
final class Signals: Sendable {
    private let pipe: Descriptor

    /// Catches them from now on; once a process. A broken pipe is an error of its write.
    init() throws(SystemError) {
        pipe = Descriptor(owning: try syscall("sigaction") { gantry_catch_signals() })
    }

    /// The next one.
    /// - Throws: `CancellationError`.
    func next() async throws -> Int32 {
        var number: UInt8 = 0
        while read(pipe.raw, &number, 1) != 1 {
            try await Reactor.shared.wait(for: pipe.raw)
        }
        return Int32(number)
    }
}
