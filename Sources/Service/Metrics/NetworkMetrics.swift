internal import Model
internal import System

/// What went through the interfaces of a pod.
enum NetworkMetrics {
    typealias Definition = MetricDefinition<[NetworkCounters]>

    static let all =
        definitions("receive", "received", \.received) + definitions("transmit", "sent", \.sent)

    private static func definitions(
        _ verb: String, _ done: String,
        _ direction: any KeyPath<NetworkCounters, NetworkCounters.Direction> & Sendable
    ) -> [Definition] {
        [
            definition("\(verb)_bytes_total", "Bytes \(done).", direction, \.bytes),
            definition("\(verb)_packets_total", "Packets \(done).", direction, \.packets),
            definition(
                "\(verb)_packets_dropped_total", "Packets dropped that were to be \(done).",
                direction, \.dropped),
            definition(
                "\(verb)_errors_total", "Errors of packets that were to be \(done).", direction,
                \.errors),
        ]
    }

    private static func definition(
        _ name: String, _ help: String,
        _ direction: any KeyPath<NetworkCounters, NetworkCounters.Direction> & Sendable,
        _ figure: any KeyPath<NetworkCounters.Direction, UInt64> & Sendable
    ) -> Definition {
        .counter("container_network_\(name)", help, by: ["interface"]) { interfaces in
            interfaces.map { MetricSample($0[keyPath: direction][keyPath: figure], $0.interface) }
        }
    }
}

extension MetricFamily {
    /// Its metrics of each container.
    var definitions: [MetricDefinition<ContainerFigures>] {
        switch self {
        case .cpu: CPUMetrics.all
        case .disk: DiskMetrics.usage
        case .diskIO: DiskMetrics.transfers
        case .hugetlb: MemoryMetrics.hugePages
        case .memory: MemoryMetrics.all
        case .misc: ProcessMetrics.times
        case .network: []
        case .oom: MemoryMetrics.outOfMemory
        case .pressure: PressureMetrics.all
        case .process: ProcessMetrics.all
        case .spec: ProcessMetrics.limits
        }
    }

    /// Its metrics of each pod as a whole.
    var podDefinitions: [NetworkMetrics.Definition] {
        self == .network ? NetworkMetrics.all : []
    }
}
