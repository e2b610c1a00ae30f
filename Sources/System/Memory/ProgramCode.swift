internal import CLinux
internal import Synchronization

/// The pages of the program itself that are mapped.
public enum ProgramCode {
    private static let isDue = Mutex(false)

    /// Unmaps all of them in ten seconds. Those that are used again are mapped again, from the page cache;
    /// those that only a start or an operation needed are not. It costs the calls after it some hundred
    /// page faults in all, and may be said after each operation: ten seconds are waited for once.
    ///
    /// The kernel maps 64 KiB around each byte of code that runs, so that some pods map three quarters of
    /// the program: 14 MiB, of which a daemon that is asked for lists and figures needs 8
    /// (docs/performance.md).
    public static func unmapSoon() {
        let isFirst = isDue.withLock { isDue in
            defer { isDue = true }
            return !isDue
        }
        guard isFirst else { return }
        _ = Alarm.after(.seconds(10)) {
            isDue.withLock { $0 = false }
            gantry_unmap_code()
        }
    }
}
