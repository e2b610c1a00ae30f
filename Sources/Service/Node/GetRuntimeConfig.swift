internal import Model
internal import OCI

/// Tells the kubelet the cgroup driver, which it reads once.
struct GetRuntimeConfig: RPC {
    let node: Node

    func respond(to request: RuntimeConfigRequest) async throws -> RuntimeConfigResponse {
        RuntimeConfigResponse(
            linux: LinuxRuntimeConfiguration(
                cgroupDriver: node.cgroupDriver == .systemd ? .systemd : .cgroupfs))
    }
}
