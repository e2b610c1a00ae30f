internal import Dispatch
internal import ImageProtocol
internal import Synchronization

/// A bounded queue of buffers between two threads: one inflates into it, the other unpacks from it,
/// so that both cores work on one layer and no byte is copied on the way.
///
/// Unchecked: a buffer belongs to the writer until `filled` is signalled for it and to the reader
/// until `free` is; each side's own position is touched by that side alone.
final class BytePipe: @unchecked Sendable {
    private static let chunk = 256 << 10
    private static let slots = 4

    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: chunk * slots, alignment: 64)
    /// Of each buffer. Not an array, which would be one variable that both sides touch at once.
    private let lengths = UnsafeMutablePointer<Int>.allocate(capacity: slots)
    private let free = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)
    private let failure = Mutex<(any Error)?>(nil)
    private let limits: LayerLimits
    private let content: String

    // The writer's.
    private var writing = 0
    private var used = 0
    private var holds = false
    private var compressed: UInt64 = 0
    private var total: UInt64 = 0

    // The reader's.
    private var reading = 0
    private var hasBuffer = false
    private var ended = false

    /// - Parameters:
    ///   - limits: how many bytes may pass; one more is an error.
    ///   - content: what passes, for that error.
    init(limits: LayerLimits, of content: String = "layer") {
        self.limits = limits
        self.content = content
        // Not `value: slots`: libdispatch traps when a semaphore dies below its first value.
        for _ in 0..<Self.slots { free.signal() }
        lengths.initialize(repeating: 0, count: Self.slots)
    }

    deinit {
        memory.deallocate()
        lengths.deallocate()
    }

    /// Ends the pipe for both sides with an error; the first one stays.
    func fail(_ error: any Error) {
        failure.withLock { if $0 == nil { $0 = error } }
        free.signal()
        filled.signal()
    }

    /// Throws when one side has failed.
    func check() throws {
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Where the writer may write next; never empty. Waits for the reader while all is full.
    func space() throws -> UnsafeMutableRawBufferPointer {
        if !holds {
            try check()
            free.wait()
            try check()
            holds = true
            used = 0
        }
        let end = (writing + 1) * Self.chunk
        return UnsafeMutableRawBufferPointer(rebasing: memory[(end - Self.chunk + used)..<end])
    }

    /// Says that the writer has so many compressed bytes more, of which it writes the content next.
    func take(compressed count: Int) {
        compressed += UInt64(count)
    }

    /// Says that the first `count` bytes of `space()` are written.
    func advance(_ count: Int) throws {
        used += count
        total += UInt64(count)
        try limits.check(content, inflated: total, from: compressed)
        if used == Self.chunk { handOver() }
    }

    private func handOver() {
        lengths[writing] = used
        writing = (writing + 1) % Self.slots
        holds = false
        filled.signal()
    }

    /// The writer's last call: what it wrote goes to the reader, and then the end.
    func finish() throws {
        if holds && used > 0 { handOver() }
        _ = try space()
        handOver()
    }

    /// The next bytes, valid until the next call; empty at the end.
    func next() throws -> UnsafeRawBufferPointer {
        if hasBuffer { giveBack() }
        try check()
        if ended { return UnsafeRawBufferPointer(start: nil, count: 0) }
        filled.wait()
        try check()
        let start = reading * Self.chunk
        let length = lengths[reading]
        hasBuffer = true
        ended = length == 0
        return UnsafeRawBufferPointer(rebasing: memory[start..<(start + length)])
    }

    private func giveBack() {
        hasBuffer = false
        reading = (reading + 1) % Self.slots
        free.signal()
    }
}
