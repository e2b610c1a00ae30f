internal import Glibc
internal import Kernel
internal import Model
internal import System

extension Node {
    /// What the daemon knows of itself, for Prometheus. Names follow go-grpc-prometheus and the
    /// client libraries where these have one.
    public func exposition() -> String {
        var page = Exposition()
        addCalls(&page)
        addWork(&page)
        addTraces(&page)
        addPrograms(&page)
        addProcess(&page)
        return page.text
    }

    private func addCalls(_ page: inout Exposition) {
        let keys = ["grpc_service", "grpc_method"]
        let finished = telemetry.calls.all
        page.add(
            "grpc_server_started_total", "counter", "RPCs that were begun.", keys,
            counts: telemetry.started)
        page.add(
            "grpc_server_handled_total", "counter", "RPCs that have ended, by status code.",
            keys + ["grpc_code"], counts: finished.mapValues(\.count))
        page.add(
            "grpc_server_handling_seconds", "What RPCs took until their end.",
            keys + ["grpc_code"], histograms: finished)
    }

    private func addWork(_ page: inout Exposition) {
        page.add(
            "gantry_operations_under_way", "gauge", "Operations that go on now.", ["stage"],
            counts: operations.underWay.keyed)
        page.add(
            "gantry_pods", "gauge", "Pods by phase.", ["phase"],
            counts: sandboxes.all.map(\.phase.rawValue).counted)
        page.add(
            "gantry_containers", "gauge", "Containers by phase.", ["phase"],
            counts: containers.all.map(\.phase.name).counted)
        page.add(
            "gantry_monitors", "gauge", "Monitors that the daemon is connected to.",
            counts: [[]: UInt64(sandboxes.all.count { $0.current.monitor != nil })])
        page.add(
            "gantry_container_exits_total", "counter",
            "Exits of containers, those for want of memory under OOMKilled.", ["reason"],
            counts: telemetry.exits.keyed)
        page.add(
            "gantry_image_pull_duration_seconds", "What pulls took.", ["outcome"],
            histograms: telemetry.pulls.all)
        page.add(
            "gantry_image_pulled_bytes_total", "counter", "Bytes of layers that pulls received.",
            counts: [[]: telemetry.pulledBytes])
    }

    private func addTraces(_ page: inout Exposition) {
        let (exported, dropped) = spans.counts
        page.add(
            "gantry_trace_spans_total", "counter", "Spans for the collector of traces.",
            ["outcome"], counts: [["exported"]: exported, ["dropped"]: dropped])
    }

    private func addPrograms(_ page: inout Exposition) {
        page.add(
            "gantry_cni_call_duration_seconds", "What calls of CNI plugins took.",
            ["plugin", "command", "outcome"], histograms: ProgramDurations.network.all)
        page.add(
            "gantry_runtime_call_duration_seconds", "What calls of OCI runtimes took.",
            ["handler", "command", "outcome"], histograms: ProgramDurations.runtime.all)
    }

    private func addProcess(_ page: inout Exposition) {
        let process = ProcessFacts.own()
        page.add(
            "process_cpu_seconds_total", "counter", "CPU time of the daemon.",
            values: [[]: process.cpuSeconds])
        page.add(
            "process_start_time_seconds", "gauge", "When the daemon began, since 1970.",
            values: [[]: Double(telemetry.startedAt) / 1e9])
        page.add(
            "process_resident_memory_bytes", "gauge", "Memory of the daemon.",
            counts: [[]: process.residentBytes])
        page.add(
            "process_open_fds", "gauge", "Open file descriptors of the daemon.",
            counts: [[]: process.descriptors])
    }
}

extension [String: UInt64] {
    fileprivate var keyed: [[String]: UInt64] {
        [[String]: UInt64](uniqueKeysWithValues: map { ([$0.key], $0.value) })
    }
}

extension [String] {
    fileprivate var counted: [[String]: UInt64] {
        reduce(into: [:]) { $0[[$1], default: 0] += 1 }
    }
}
