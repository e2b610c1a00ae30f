public import Logging
internal import Image
internal import Model
internal import System

/// What the daemon does at its start to bring together what is stored and what is there, without
/// serving anything: a damaged database is made anew, damaged images are forgotten, and what belongs
/// to nobody is removed. Pods that run go on.
public struct Repair: Sendable {
    private let settings: Settings
    private let isDeep: Bool
    private let log: Logger

    /// - Parameters:
    ///   - deep: whether layers count as damaged whose files are not as they were unpacked.
    ///   - log: where it says what it mends.
    public init(_ settings: Settings, deep: Bool = false, log: Logger) {
        self.settings = settings
        isDeep = deep
        self.log = log
    }

    /// - Throws: `GantryError` (`failedPrecondition`) while a daemon works on the root directory.
    public func run() async throws {
        if isDeep { try await condemn() }
        let nursery = Nursery()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await nursery.run() }
            defer { nursery.close() }
            let node = try await Node(settings, nursery: nursery, log: log)
            try await Recovery(node).run()
            node.beginShutdown()
            node.leaveMonitors()
        }
    }

    private func condemn() async throws {
        let lock = try await Blocking.run { [settings] in
            try InstanceLock(directory: settings.root)
        }
        defer { withExtendedLifetime(lock) {} }
        try await LayerInspection.condemnAltered(
            in: settings.root, ImageWorkers(settings, log: log))
    }
}
