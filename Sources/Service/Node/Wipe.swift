public import Logging
internal import Model

/// Removes all pods of a node, and its images where they are asked for, without a daemon: what
/// RemovePodSandbox and RemoveImage do, so that networks, mounts and cgroups are given back.
public struct Wipe: Sendable {
    private let settings: Settings
    private let takesImages: Bool
    private let log: Logger

    /// What became of it.
    public struct Outcome: Sendable {
        public internal(set) var pods = 0
        public internal(set) var images = 0
        /// Why others stay.
        public internal(set) var failures: [String] = []
    }

    public init(_ settings: Settings, images: Bool, log: Logger) {
        self.settings = settings
        takesImages = images
        self.log = log
    }

    /// - Throws: `GantryError` (`failedPrecondition`) while a daemon works on the root directory.
    public func run() async throws -> Outcome {
        let nursery = Nursery()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await nursery.run() }
            defer { nursery.close() }
            let node = try await Node(settings, nursery: nursery, log: log)
            try await Recovery(node).run()
            let outcome = await wipe(node)
            node.beginShutdown()
            node.leaveMonitors()
            return outcome
        }
    }

    /// What fails does not keep the rest.
    private func wipe(_ node: Node) async -> Outcome {
        var outcome = Outcome()
        for id in node.sandboxes.all.map(\.id) {
            do {
                let request = RemovePodSandboxRequest(podSandboxId: id)
                _ = try await RemovePodSandbox(node: node).respond(to: request)
                outcome.pods += 1
            } catch { outcome.failures.append("pod \(id): \(error)") }
        }
        if takesImages {
            do { try await node.imageMounts.unmountAll() } catch {
                outcome.failures.append("\(error)")
            }
        }
        for image in takesImages ? node.images.all : [] {
            do {
                let request = RemoveImageRequest(image: ImageSpec(image: image.id))
                _ = try await RemoveImage(node: node).respond(to: request)
                outcome.images += 1
            } catch { outcome.failures.append("image \(image.id): \(error)") }
        }
        return outcome
    }
}
