internal import Model
internal import System

/// Containers' processes, and what they hold.
enum ProcessMetrics {
    static let all: [MetricDefinition<ContainerFigures>] = [
        .gauge("container_processes", "Processes.") {
            .one(UInt64($0.reading.usage.processes.count))
        },
        .gauge("container_threads", "Threads, those of one process included.") {
            .maybe($0.reading.usage.threads)
        },
        .gauge("container_threads_max", "How many threads there may be; 0 is no limit.") {
            .one($0.reading.usage.threadLimit ?? 0)
        },
        .gauge("container_file_descriptors", "Open file descriptors.") {
            .one($0.processes.descriptors)
        },
        .gauge("container_sockets", "Open sockets.") { .one($0.processes.sockets) },
        .gauge(
            "container_ulimits_soft", "Soft limit of the first process; none is no sample.",
            by: ["ulimit"]
        ) { figures in
            figures.openFiles.map { [MetricSample($0, "max_open_files")] } ?? []
        },
    ]

    static let times: [MetricDefinition<ContainerFigures>] = [
        .gauge("container_last_seen", "When it was last seen, in seconds since 1970.") {
            .one(CPUMetrics.seconds(UInt64(clamping: $0.reading.time)))
        },
        .gauge("container_start_time_seconds", "When it was started, in seconds since 1970.") {
            .one(CPUMetrics.seconds(UInt64(clamping: $0.startedAt)))
        },
    ]

    /// What the containers may use.
    static let limits: [MetricDefinition<ContainerFigures>] = [
        .gauge("container_spec_cpu_shares", "CPU share.") { .one($0.cpu.shares) },
        .gauge("container_spec_cpu_period", "Period of the CPU limit, in microseconds.") {
            .one($0.cpu.period)
        },
        .gauge(
            "container_spec_cpu_quota",
            "CPU time in each period, in microseconds; no limit is no sample."
        ) { .maybe($0.cpu.quota) },
        .gauge("container_spec_memory_limit_bytes", "Memory limit; 0 is none.") {
            .one($0.memory.limit ?? 0)
        },
        .gauge(
            "container_spec_memory_reservation_limit_bytes", "Memory reservation; 0 is none."
        ) { .one($0.memory.reservation ?? 0) },
        .gauge(
            "container_spec_memory_swap_limit_bytes",
            "Swap limit, on cgroup v1 of memory and swap together; 0 is none."
        ) { .one($0.memory.kernelSwapLimit ?? 0) },
    ]
}
