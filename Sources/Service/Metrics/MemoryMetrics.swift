internal import Model
internal import System

/// What containers hold in memory, in bytes.
enum MemoryMetrics {
    static let all: [MetricDefinition<ContainerFigures>] = [
        .gauge("container_memory_usage_bytes", "Memory in use, page cache included.") {
            .one($0.memory.usage)
        },
        .gauge("container_memory_working_set_bytes", "Memory in use less inactive file pages.") {
            .one($0.memory.workingSet)
        },
        .gauge("container_memory_max_usage_bytes", "The most memory that was ever in use.") {
            .one($0.memory.highest)
        },
        .gauge("container_memory_rss", "Anonymous memory.") { .one($0.memory.rss) },
        .gauge("container_memory_cache", "Page cache.") { .one($0.memory.cache) },
        .gauge("container_memory_mapped_file", "Memory of mapped files.") {
            .one($0.memory.mappedFile)
        },
        .gauge("container_memory_total_active_file_bytes", "File pages used lately.") {
            .one($0.memory.activeFile)
        },
        .gauge("container_memory_total_inactive_file_bytes", "File pages not used lately.") {
            .one($0.memory.inactiveFile)
        },
        .gauge("container_memory_kernel_usage", "Memory that the kernel uses for it.") {
            .one($0.memory.kernel)
        },
        .gauge("container_memory_swap", "Swap in use.") { .one($0.memory.swap) },
        .counter("container_memory_failcnt", "How often the memory limit was met.") {
            .one($0.memory.failures)
        },
        .counter(
            "container_memory_failures_total", "Page faults.", by: ["failure_type", "scope"]
        ) { figures in
            let (own, below) = (figures.memory.faults, figures.memory.faultsBelow)
            return [
                MetricSample(own.all, "pgfault", "container"),
                MetricSample(own.major, "pgmajfault", "container"),
                MetricSample(below.all, "pgfault", "hierarchy"),
                MetricSample(below.major, "pgmajfault", "hierarchy"),
            ]
        },
    ]

    static let hugePages: [MetricDefinition<ContainerFigures>] = [
        .gauge("container_hugetlb_usage_bytes", "Huge pages in use.", by: ["pagesize"]) {
            $0.reading.usage.hugePages.map { MetricSample($0.usage, $0.size) }
        },
        .gauge(
            "container_hugetlb_max_usage_bytes", "The most huge pages that were ever in use.",
            by: ["pagesize"]
        ) { $0.reading.usage.hugePages.map { MetricSample($0.highest, $0.size) } },
    ]

    static let outOfMemory: [MetricDefinition<ContainerFigures>] = [
        .counter("container_oom_events_total", "Processes killed for want of memory.") {
            .one($0.memory.kills)
        }
    ]
}
