internal import CLinux

/// The pages of the program itself that are mapped.
public enum ProgramCode {
    /// Unmaps all of them. Those that are used again are mapped again, from the page cache; those that only
    /// the start needed are not.
    ///
    /// The kernel maps 64 KiB around each byte of code that runs, so that the start alone maps three
    /// quarters of it: 14 MiB, of which a daemon that serves needs 8 (docs/performance.md).
    public static func unmap() {
        gantry_unmap_code()
    }
}
