internal import Kernel
internal import System
internal import Text

/// What the node can do and has, found out once and passed to the spec builder as a value.
public struct HostFacts: Hashable, Sendable {
    public enum CgroupVersion: Hashable, Sendable {
        case v1, v2
    }

    public var cgroupVersion: CgroupVersion
    /// Names of the cgroup controllers that containers can be limited by.
    public var controllers: Set<String>
    /// Whether memory and swap together can be limited.
    public var limitsSwap: Bool
    /// Sizes of huge pages as cgroup files spell them: `2MB`, `1GB`.
    public var hugepageSizes: Set<String>
    /// The lowest oom_score_adj that the daemon may give: its own, unless it has CAP_SYS_RESOURCE.
    public var oomScoreFloor: Int
    /// What the daemon has, and so what containers can get.
    public var capabilities: Set<String>
    /// What the kernel has.
    public var knownCapabilities = Set(Capabilities.known)
    /// Directories of sysfs by which processors tell how hot they are.
    public var thermalPaths: [String] = []
    public var hasAppArmor: Bool
    public var hasSELinux: Bool
    public var hasSeccomp: Bool

    public init(
        cgroupVersion: CgroupVersion = .v2, controllers: Set<String> = [],
        limitsSwap: Bool = false, hugepageSizes: Set<String> = [], oomScoreFloor: Int = -1000,
        capabilities: Set<String> = [], hasAppArmor: Bool = false, hasSELinux: Bool = false,
        hasSeccomp: Bool = true
    ) {
        self.cgroupVersion = cgroupVersion
        self.controllers = controllers
        self.limitsSwap = limitsSwap
        self.hugepageSizes = hugepageSizes
        self.oomScoreFloor = oomScoreFloor
        self.capabilities = capabilities
        self.hasAppArmor = hasAppArmor
        self.hasSELinux = hasSELinux
        self.hasSeccomp = hasSeccomp
    }
}

extension HostFacts {
    private static let cgroups = "/sys/fs/cgroup"

    /// Reads /proc and /sys; blocks for some of their files.
    public static func detect() throws -> HostFacts {
        let isUnified = Files.exists("\(cgroups)/cgroup.controllers")
        let status = try Files.readText("/proc/self/status")
        let capabilities = Capabilities.names(
            inMask: UInt64(field("CapPrm", status), radix: 16) ?? 0)
        var facts = HostFacts(
            cgroupVersion: isUnified ? .v2 : .v1, controllers: try controllers(isUnified),
            limitsSwap: limitsSwap(isUnified), hugepageSizes: try hugepageSizes(),
            oomScoreFloor: try oomScoreFloor(capabilities), capabilities: capabilities,
            hasAppArmor: flag("/sys/module/apparmor/parameters/enabled"),
            hasSELinux: SecurityLabels.areUsed,
            hasSeccomp: !field("Seccomp", status).isEmpty)
        facts.knownCapabilities = knownCapabilities()
        facts.thermalPaths = thermalPaths(in: "/sys/devices/system/cpu")
        return facts
    }

    /// Those that there are, one for each processor: from them a container learns what others compute.
    static func thermalPaths(in directory: String) -> [String] {
        let names = (try? Files.list(directory)) ?? []
        return names.map { "\(directory)/\($0)/thermal_throttle" }.filter(Files.exists)
    }

    /// capabilities(7): "This file exposes the numerical value of the highest capability".
    private static func knownCapabilities() -> Set<String> {
        capabilities(upTo: (try? Files.readText("/proc/sys/kernel/cap_last_cap")) ?? "")
    }

    static func capabilities(upTo last: String) -> Set<String> {
        let last = Int(last.trimmed) ?? Capabilities.known.count
        return Set(Capabilities.known.prefix(max(0, last).plus(1)))
    }

    private static func field(_ name: String, _ status: String) -> String {
        let value = status.lines.lazy.compactMap { $0.removing(prefix: "\(name):") }.first
        return String((value ?? "").trimmed)
    }

    private static func controllers(_ isUnified: Bool) throws -> Set<String> {
        if !isUnified { return Set(try Files.list(cgroups)) }
        let names = try Files.readText("\(cgroups)/cgroup.controllers")
        return Set(names.words.map(String.init))
    }

    /// The root of v2 has no memory.swap.max to look for; a kernel that can swap has the others'.
    private static func limitsSwap(_ isUnified: Bool) -> Bool {
        Files.exists(isUnified ? "/proc/swaps" : "\(cgroups)/memory/memory.memsw.limit_in_bytes")
    }

    /// `hugepages-2048kB` is `2MB` to the hugetlb controller.
    private static func hugepageSizes() throws -> Set<String> {
        guard Files.exists("/sys/kernel/mm/hugepages") else { return [] }
        return Set(
            try Files.list("/sys/kernel/mm/hugepages").compactMap { name in
                let number = (name.removing(prefix: "hugepages-") ?? "").head(
                    whileByte: \.isASCIIDigit)
                guard let kilobytes = Int(number) else { return nil }
                if kilobytes >= 1 << 20 { return "\(kilobytes >> 20)GB" }
                return kilobytes >= 1024 ? "\(kilobytes >> 10)MB" : "\(kilobytes)KB"
            })
    }

    /// proc(5): lowering oom_score_adj takes CAP_SYS_RESOURCE.
    private static func oomScoreFloor(_ capabilities: Set<String>) throws -> Int {
        if capabilities.contains("CAP_SYS_RESOURCE") { return -1000 }
        let text = try Files.readText("/proc/self/oom_score_adj")
        return Int(text.trimmed) ?? 0
    }

    private static func flag(_ path: String) -> Bool {
        (try? Files.readText(path))?.begins(with: "Y") ?? false
    }
}
