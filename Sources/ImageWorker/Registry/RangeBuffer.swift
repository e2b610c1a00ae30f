internal import Glibc
internal import Kernel
internal import Synchronization

/// One range as it comes. Its memory is a mapping of its own, which is the kernel's again at once:
/// malloc would keep buffers of this size in reserve.
///
/// Unchecked: a byte is written once, before `end` is beyond it, and read only after that.
final class RangeBuffer: @unchecked Sendable {
    let start: UInt64
    private let memory: UnsafeMutableRawBufferPointer
    private let count = Mutex(0)

    /// - Throws: `SystemError` when there is no memory.
    init(_ wanted: Range<UInt64>) throws(SystemError) {
        start = wanted.lowerBound
        let address = mmap(
            nil, wanted.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw SystemError("mmap", errno: errno)
        }
        memory = UnsafeMutableRawBufferPointer(start: address, count: wanted.count)
    }

    deinit {
        munmap(memory.baseAddress, memory.count)
    }

    /// Where in the blob the next byte belongs.
    var end: UInt64 { count.withLock { start + UInt64($0) } }

    /// - Returns: false when these are more than were wanted.
    func append(_ bytes: RawSpan) -> Bool {
        count.withLock { count in
            guard count + bytes.byteCount <= memory.count else { return false }
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: $0)
            }
            count += bytes.byteCount
            return true
        }
    }

    func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count.withLock { $0 }]))
    }
}
