internal import Logging
internal import Model
internal import MonitorProtocol
internal import OCI
internal import System

/// A monitor that an earlier daemon had started, and what it says of its containers.
struct FollowedMonitor: Sendable {
    let monitor: Monitor
    let containers: [MonitoredContainer]

    /// A monitor does nothing that takes long; one that is silent for this long hangs.
    private static let patience = Duration.seconds(10)

    /// Connects to the monitor of the pod whose directory this is, and has it read from now on. One
    /// that hangs is killed, since its containers would be stuck with it.
    /// - Returns: nil when there is none, or none any more.
    static func find(_ node: Node, _ directory: String) async throws -> FollowedMonitor? {
        guard let monitor = try await Monitor.connect(directory: directory) else { return nil }
        node.nursery.start { await monitor.run() }
        do {
            let containers = try await withDeadline(patience, "answer of the monitor") {
                try await withTaskCancellationHandler {
                    try await monitor.containers()
                } onCancel: {
                    monitor.disconnect()
                }
            }
            return FollowedMonitor(monitor: monitor, containers: containers)
        } catch {
            node.log.error("the monitor in \(directory) does not answer, so it is killed: \(error)")
            monitor.disconnect()
            try await StrayProcesses.endMonitor(of: directory)
            return nil
        }
    }
}
