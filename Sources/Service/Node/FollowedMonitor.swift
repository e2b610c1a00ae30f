internal import Glibc
internal import Kernel
internal import Logging
internal import Model
internal import MonitorProtocol
internal import OCI
internal import System

/// A monitor that an earlier daemon had started, and what it says of its containers.
struct FollowedMonitor: Sendable {
    let monitor: Monitor
    let containers: [MonitoredContainer]

    /// Connects to the monitor of the pod whose directory this is, and has it read from now on. One
    /// that hangs is killed, since its containers would be stuck with it.
    /// - Returns: nil when there is none, or none any more.
    static func find(_ node: Node, _ directory: String) async throws -> FollowedMonitor? {
        guard let monitor = try await connect(node, directory) else { return nil }
        node.nursery.start { await monitor.run() }
        do {
            return FollowedMonitor(
                monitor: monitor, containers: try await monitor.containers())
        } catch {
            monitor.disconnect()
            try await node.endSilentMonitor(in: directory, error)
            return nil
        }
    }

    /// One that hangs takes no connection either, once enough have come in vain.
    private static func connect(_ node: Node, _ directory: String) async throws -> Monitor? {
        do {
            return try await Monitor.connect(directory: directory)
        } catch let error as SystemError where error.errno == EAGAIN {
            try await node.endSilentMonitor(in: directory, error)
            return nil
        }
    }
}

extension Node {
    /// What a monitor says of its containers, before its pod or one of them ends. One that hangs is
    /// killed: it would tell no exit, and hold what the pod has.
    /// - Returns: nil when it was killed.
    func lastWord(of monitor: Monitor, _ sandbox: Sandbox) async throws -> [MonitoredContainer]? {
        do {
            return try await monitor.containers()
        } catch let error as GantryError where error.code == .deadlineExceeded {
            try await endSilentMonitor(in: paths.pod(sandbox.id).directory, error)
            return nil
        }
    }

    fileprivate func endSilentMonitor(in directory: String, _ why: any Error) async throws {
        log.error("the monitor in \(directory) does not answer, so it is killed: \(why)")
        try await StrayProcesses.endMonitor(of: directory)
    }
}
