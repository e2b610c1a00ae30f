internal import Kernel
internal import Text

/// The node's huge pages of one size (admin-guide/mm/hugetlbpage.rst).
struct HugePagePool {
    /// As cgroup files spell it: `2MB`, `1GB`.
    let size: String
    /// Whether there are none and none can come.
    let isEmpty: Bool

    private static let directory = "/sys/kernel/mm/hugepages"

    static var all: [HugePagePool] {
        let names = (try? Files.list(directory)) ?? []
        return names.compactMap { HugePagePool(name: $0) }
    }

    /// - Parameter name: `hugepages-2048kB`.
    private init?(name: String) {
        let number = name.removing(prefix: "hugepages-")?.removing(suffix: "kB")
        guard let kilobytes = number.flatMap({ UInt64($0) }) else { return nil }
        size = Self.spelled(kilobytes: kilobytes)
        isEmpty = ["nr_hugepages", "nr_overcommit_hugepages"].allSatisfy {
            KernelFile("\(Self.directory)/\(name)/\($0)").number == 0
        }
    }

    static func spelled(kilobytes: UInt64) -> String {
        if kilobytes >= 1 << 20 { return "\(kilobytes >> 20)GB" }
        return kilobytes >= 1 << 10 ? "\(kilobytes >> 10)MB" : "\(kilobytes)KB"
    }

    /// Of an empty pool nothing can be used. Without the controller nothing is known of another.
    var unused: CgroupUsage.HugePages? {
        isEmpty ? .init(size: size, usage: 0, highest: 0) : nil
    }
}
