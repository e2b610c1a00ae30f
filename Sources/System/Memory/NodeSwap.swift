internal import Kernel
internal import Text

/// The node's swap space (proc_meminfo(5)).
public enum NodeSwap {
    /// Bytes, used and free. Blocks the thread.
    public static func total() -> UInt64 {
        let line = KernelFile("/proc/meminfo").line(beginningWith: "SwapTotal:")
        let fields = line.map { String(decoding: $0, as: UTF8.self).split(at: " ") }
        return fields?.first.flatMap { UInt64($0) }.map { $0.times(1024) } ?? 0
    }
}
