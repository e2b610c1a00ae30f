internal import Model
internal import System

/// What containers did with the processors. Values are whole numbers (api.proto, Metric), so that
/// seconds are cut, not rounded.
enum CPUMetrics {
    static let all: [MetricDefinition<ContainerFigures>] = [
        .counter("container_cpu_usage_seconds_total", "CPU time used, in seconds.", by: ["cpu"]) {
            [MetricSample(seconds($0.cpu.usage), "total")]
        },
        .counter("container_cpu_user_seconds_total", "CPU time in user mode, in seconds.") {
            .one(seconds($0.cpu.user))
        },
        .counter("container_cpu_system_seconds_total", "CPU time in the kernel, in seconds.") {
            .one(seconds($0.cpu.system))
        },
        .counter("container_cpu_cfs_periods_total", "Periods of the CPU limit that have passed.") {
            .one($0.cpu.periods)
        },
        .counter(
            "container_cpu_cfs_throttled_periods_total", "Periods in which the limit was met."
        ) { .one($0.cpu.throttledPeriods) },
        .counter(
            "container_cpu_cfs_throttled_seconds_total", "Time spent throttled, in seconds."
        ) { .one(seconds($0.cpu.throttledTime)) },
    ]

    static func seconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000_000 }
}

/// How long containers waited for resources. cgroup v1 knows no pressure; there it reads as zero, as
/// in cAdvisor.
enum PressureMetrics {
    static let all: [MetricDefinition<ContainerFigures>] =
        definitions("cpu", "CPU time") { $0.cpu.pressure }
        + definitions("memory", "memory") { $0.memory.pressure }
        + definitions("io", "I/O") { $0.reading.usage.ioPressure }

    private static func definitions(
        _ name: String, _ resource: String,
        _ pressure: @escaping @Sendable (ContainerFigures) -> Pressure?
    ) -> [MetricDefinition<ContainerFigures>] {
        [
            .counter(
                "container_pressure_\(name)_stalled_seconds_total",
                "Time in which all tasks waited for \(resource), in seconds."
            ) { .one(CPUMetrics.seconds(pressure($0)?.full.total ?? 0)) },
            .counter(
                "container_pressure_\(name)_waiting_seconds_total",
                "Time in which some tasks waited for \(resource), in seconds."
            ) { .one(CPUMetrics.seconds(pressure($0)?.some.total ?? 0)) },
        ]
    }
}
