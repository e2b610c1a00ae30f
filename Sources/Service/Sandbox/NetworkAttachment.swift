internal import Model
internal import Network

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
