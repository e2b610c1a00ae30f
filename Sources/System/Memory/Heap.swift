internal import CLinux

/// The C library's heap, which Swift allocates from.
public enum Heap {
    /// Keeps it from growing with the number of threads and with what was once needed.
    ///
    /// Of its own, glibc makes up to eight arenas a core, which never give to each other what is free
    /// in them, and keeps blocks as large as any that was freed before (mallopt(3), M_ARENA_MAX and
    /// M_MMAP_THRESHOLD): after some thousand pods that was 20 MiB more (docs/performance.md).
    public static func bound() {
        gantry_bound_heap(2, 256 << 10)
    }
}
