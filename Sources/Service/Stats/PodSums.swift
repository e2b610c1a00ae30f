internal import Kernel
internal import Model
internal import System

/// The parts of a pod's stats: what its containers use together, and its interfaces.
extension CpuUsage {
    static func sum(_ usages: [CpuUsage], _ now: Int64) -> CpuUsage {
        CpuUsage(
            timestamp: now, usageCoreNanoSeconds: usages.total(of: \.usageCoreNanoSeconds),
            usageNanoCores: usages.total(of: \.usageNanoCores))
    }
}

extension MemoryUsage {
    static func sum(_ usages: [MemoryUsage], _ now: Int64) -> MemoryUsage {
        MemoryUsage(
            timestamp: now, workingSetBytes: usages.total(of: \.workingSetBytes),
            availableBytes: usages.isEmpty || usages.contains { $0.availableBytes == nil }
                ? nil : usages.total(of: \.availableBytes),
            usageBytes: usages.total(of: \.usageBytes), rssBytes: usages.total(of: \.rssBytes),
            pageFaults: usages.total(of: \.pageFaults),
            majorPageFaults: usages.total(of: \.majorPageFaults))
    }
}

extension Array {
    fileprivate func total(of field: (Element) -> UInt64Value?) -> UInt64Value {
        UInt64Value(value: map { field($0)?.value ?? 0 }.total)
    }
}

extension NetworkUsage {
    init(_ counters: [NetworkCounters], _ now: Int64) {
        let usages = counters.map { NetworkInterfaceUsage($0) }
        self.init(
            timestamp: now, defaultInterface: usages.first { $0.name == Self.defaultName },
            interfaces: usages.filter { $0.name != Self.defaultName })
    }

    /// What CNI_IFNAME is for a pod's first network.
    private static let defaultName = "eth0"
}

extension NetworkInterfaceUsage {
    fileprivate init(_ counters: NetworkCounters) {
        self.init(
            name: counters.interface, rxBytes: UInt64Value(value: counters.received.bytes),
            rxErrors: UInt64Value(value: counters.received.errors),
            txBytes: UInt64Value(value: counters.sent.bytes),
            txErrors: UInt64Value(value: counters.sent.errors))
    }
}
