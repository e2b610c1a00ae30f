internal import CLinux
internal import Glibc
internal import Kernel

/// The memory through which all output passes. One of each is enough for any number of containers,
/// since one thread handles one stream at a time.
final class Buffers {
    /// The longest text of one log entry, in bytes. Longer lines are split (CRI log format, tag P).
    static let longestPart = 16384

    /// The beginning of a line that was read before, and behind it what is read now.
    let input: UnsafeMutableRawBufferPointer
    /// Log entries on their way to the file.
    let output: UnsafeMutableRawBufferPointer

    init() throws(SystemError) {
        input = try Self.map(Self.longestPart + 65536)
        output = try Self.map(131072)
    }

    private static func map(_ count: Int) throws(SystemError) -> UnsafeMutableRawBufferPointer {
        let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else { throw SystemError("mmap", errno: errno) }
        return UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Gives the memory back until it is needed again: most pods say nothing most of the time.
    func release() {
        gantry_discard_pages(input.baseAddress, input.count)
        gantry_discard_pages(output.baseAddress, output.count)
        gantry_trim_heap()
    }
}
