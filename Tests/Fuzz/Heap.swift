import Synchronization

/// What is allocated, by AddressSanitizer's own count (sanitizer/allocator_interface.h).
///
/// The resident memory would not do: what is freed stays in a quarantine of 256 MiB, so that each use
/// of it shows.
enum Heap {
    @_silgen_name("__sanitizer_get_current_allocated_bytes")
    private static func allocated() -> Int

    @_silgen_name("__sanitizer_install_malloc_and_free_hooks")
    private static func install(
        _ malloc: @convention(c) (UnsafeRawPointer?, Int) -> Void,
        _ free: @convention(c) (UnsafeRawPointer?) -> Void
    ) -> CInt

    private static let highest = Atomic<Int>(0)

    static var bytes: Int { allocated() }

    /// The most that there was since `beginPeak`, as far as large pieces tell.
    static var peak: Int { max(highest.load(ordering: .relaxed), bytes) }

    static func beginPeak() { highest.store(bytes, ordering: .relaxed) }

    /// From now on `peak` is kept. Only pieces of a page and more are looked at: each look takes a lock.
    static func watch() {
        beginPeak()
        _ = install(
            { _, size in
                guard size >= 4096 else { return }
                Heap.highest.max(Heap.allocated(), ordering: .relaxed)
            },
            { _ in })
    }
}
