internal import Image
internal import Logging
internal import Model
internal import OCI
internal import System

/// Looks at everything that Gantry needs and everything that it has on the node. It changes nothing,
/// and a daemon may run meanwhile.
public struct NodeCheck: Sendable {
    let settings: Settings
    /// Whether each layer's files are compared with what is recorded of them.
    let isDeep: Bool

    /// What handles images' bytes. It says nothing of what the node cannot do to confine it.
    var workers: ImageWorkers {
        ImageWorkers(settings, log: Logger(label: "gantry") { _ in SwiftLogNoOpLogHandler() })
    }

    var paths: Paths { Paths(root: settings.root, runRoot: settings.runRoot) }

    public init(_ settings: Settings, deep: Bool = false) {
        self.settings = settings
        isDeep = deep
    }

    /// - Parameter version: what a daemon answers on the socket; it throws when none does.
    public func run(version: () async throws -> String) async -> [Finding] {
        var findings = await daemon(version)
        findings += await blocking(storage)
        findings += await settled(database)
        let altered = isDeep ? await alteredLayers() : [:]
        findings += await settled { self.layers(altered: altered) }
        findings += await settled(leftovers)
        findings += await blocking(cgroups)
        findings += await network()
        findings += await runtimes()
        findings += await blocking(kernel)
        findings += await blocking(configuration)
        findings += await keys()
        return findings
    }

    private func blocking(_ look: @escaping @Sendable () -> [Finding]) async -> [Finding] {
        do {
            return try await Blocking.run { look() }
        } catch {
            return [.problem("check", "\(error)", "report this")]
        }
    }

    /// Beside a daemon something is always on its way: rows and directories are not read at one moment.
    /// What is found amiss counts if it is found again.
    private func settled(_ look: @escaping @Sendable () -> [Finding]) async -> [Finding] {
        let first = await blocking(look)
        guard first.contains(where: { $0.level != .ok }), isRunning else { return first }
        return await blocking(look).filter { $0.level == .ok || first.contains($0) }
    }

    /// Whether a daemon holds the lock of the root directory.
    var isRunning: Bool { InstanceLock.isHeld(in: paths.root) }

    private func daemon(_ version: () async throws -> String) async -> [Finding] {
        do {
            let version = try await version()
            return [.ok("daemon", "\(version) answers on \(settings.socket)")]
        } catch {
            guard isRunning else {
                return [.warning("daemon", "it does not run", "start it: systemctl start gantry")]
            }
            return [
                .problem(
                    "daemon", "it runs and does not answer on \(settings.socket): \(error)",
                    "look at its log; containers outlive a restart")
            ]
        }
    }
}
