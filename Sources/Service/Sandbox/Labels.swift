internal import Model
internal import OCI
internal import System

/// SELinux labels of what a pod has beyond its containers' processes.
extension Node {
    /// The label of a container's files, or nil where nothing is labelled.
    /// - Throws: `invalidArgument` for one that the node's policy does not know.
    func validLabel(of config: ContainerConfig, in sandbox: Sandbox) async throws -> String? {
        let labels = labels(config.linux?.securityContext, sandbox)
        try await labels?.validate()
        return labels?.mount
    }

    /// Labels the pod's files that its containers mount.
    func label(_ files: Paths.Pod, of sandbox: Sandbox) async throws {
        guard let label = labels(nil, sandbox)?.mount else { return }
        for path in [files.sharedMemory, files.resolvConf, files.hostname, files.hosts] {
            try await SecurityLabels.set(label, on: path)
        }
    }

    private func labels(
        _ security: LinuxContainerSecurityContext?, _ sandbox: Sandbox
    ) -> SELinuxLabels? {
        SELinuxLabels.of(
            security ?? LinuxContainerSecurityContext(),
            pod: sandbox.config.linux?.securityContext ?? LinuxSandboxSecurityContext(),
            sandboxId: sandbox.id, host)
    }
}
