internal import Glibc
internal import Kernel
internal import Text

/// What processes hold, counted in `/proc` (proc(5)).
public struct ProcessFigures: Hashable, Sendable {
    /// Open file descriptors, sockets included.
    public var descriptors: UInt64 = 0
    public var sockets: UInt64 = 0

    public init() {}

    /// A process that ends meanwhile is not counted. Blocks the thread.
    public static func of(_ processes: [Int32]) -> ProcessFigures {
        var figures = ProcessFigures()
        for process in processes {
            let directory = "/proc/\(process)/fd"
            for name in (try? Files.list(directory)) ?? [] {
                figures.descriptors += 1
                if isSocket("\(directory)/\(name)") { figures.sockets += 1 }
            }
        }
        return figures
    }

    private static func isSocket(_ path: String) -> Bool {
        let prefix = Array("socket:".utf8)
        var target = [CChar](repeating: 0, count: prefix.count)
        let count = readlink(path, &target, target.count)
        return count == prefix.count && target.map(UInt8.init(bitPattern:)) == prefix
    }

    /// The soft limit of open files; nil when it is unlimited or the process has gone.
    public static func openFilesLimit(of process: Int32) -> UInt64? {
        let limits = KernelFile("/proc/\(process)/limits")
        return limits.line(beginningWith: "Max open files").flatMap { line in
            let fields = String(decoding: line, as: UTF8.self).split(at: " ")
            return fields.first.flatMap { UInt64($0) }
        }
    }
}
