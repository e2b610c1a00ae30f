internal import Model
internal import System

/// All that the metrics of one container are made of.
struct ContainerFigures: Sendable {
    let reading: Reading
    let processes: ProcessFigures
    /// Soft limit of open files of its first process.
    let openFiles: UInt64?
    /// What its root file system is on.
    let filesystem: FilesystemFigures
    /// Names of the devices that it has used.
    let deviceNames: [String]

    /// Blocks the thread.
    init(_ reading: Reading, on filesystem: FilesystemFigures, _ families: Set<MetricFamily>) {
        self.reading = reading
        self.filesystem = filesystem
        let usesProcesses = families.contains(.process)
        processes = usesProcesses ? .of(reading.usage.processes) : ProcessFigures()
        openFiles =
            usesProcesses
            ? reading.container.phase.pid.flatMap { ProcessFigures.openFilesLimit(of: $0) } : nil
        deviceNames = reading.usage.devices.map {
            FilesystemFigures.blockDevice($0.major, $0.minor)
        }
    }

    var cpu: CgroupUsage.CPU { reading.usage.cpu }
    var memory: CgroupUsage.Memory { reading.usage.memory }

    /// Those devices that the kernel names. Where it names none, nothing went to any: that is told of
    /// the device that the root file system is on, as cAdvisor does it.
    var devices: [(name: String, figures: CgroupUsage.Device)] {
        let known = zip(deviceNames, reading.usage.devices).map { ($0, $1) }
        let none = CgroupUsage.Device(major: filesystem.major, minor: filesystem.minor)
        return known.isEmpty ? [(filesystem.device, none)] : known
    }

    var startedAt: Int64 {
        if case .running(_, let since) = reading.container.phase { return since }
        return reading.container.details.createdAt
    }
}

extension MetricFamily {
    /// What must be read from the cgroup for it.
    var parts: CgroupParts {
        switch self {
        case .cpu, .spec: [.cpuDetails, .memoryDetails]
        case .diskIO: .devices
        case .hugetlb: .hugePages
        case .memory, .oom: .memoryDetails
        case .pressure: .pressure
        case .process: [.processes, .threads]
        case .disk, .misc, .network: []
        }
    }
}
