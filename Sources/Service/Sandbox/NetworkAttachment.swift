internal import Model
internal import Network
internal import System

extension NetworkPlugins {
    /// Waits until pods can be put on a network: right after a node has started, its network's
    /// configuration may take a while to come.
    ///
    /// Configuration and plugins are files that anybody may write in any way, so they are looked at
    /// again and again, for as long as the caller waits.
    func untilReady(in directory: String) async throws {
        do {
            while await readiness(in: directory) != .ready {
                try await Alarm.sleep(for: .milliseconds(200))
            }
        } catch {
            guard case .notReady(_, let message) = await readiness(in: directory) else {
                throw error
            }
            throw GantryError(.deadlineExceeded, "the network is not ready: \(message)")
        }
    }
}

/// A pod as the network plugins see it.
extension Attachment {
    init(_ sandbox: Sandbox, namespacePath: String) {
        self.init(Attachment.ID(sandbox.id), namespacePath: namespacePath)
        let metadata = sandbox.config.metadata ?? PodSandboxMetadata()
        podName = metadata.name
        podNamespace = metadata.namespace
        podUid = metadata.uid
        annotations = sandbox.config.annotations
        portMappings = sandbox.config.portMappings
        dns = sandbox.config.dnsConfig
        cgroupPath = sandbox.config.linux?.cgroupParent ?? ""
    }
}
