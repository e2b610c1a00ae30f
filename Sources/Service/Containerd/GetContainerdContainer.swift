internal import CRI
internal import Kernel
internal import Model
internal import OCI
internal import System

/// Containers.Get of containerd's API: whose a cgroup is, as cAdvisor asks for each whose name has an
/// ID in it. A sandbox is a container there, too.
struct GetContainerdContainer: RPC {
    let node: Node

    func respond(
        to request: GetContainerdContainerRequest
    ) async throws -> GetContainerdContainerResponse {
        if let container = node.containers.exactly(request.id) {
            return GetContainerdContainerResponse(container: await message(container))
        }
        if let sandbox = node.sandboxes.exactly(request.id) {
            return GetContainerdContainerResponse(container: await message(sandbox))
        }
        throw GantryError(.notFound, "there is no container or sandbox \(request.id)")
    }

    /// A container is known before it has a cgroup, so that cAdvisor never takes that for a stranger's.
    private func message(_ container: SandboxContainer) async -> ContainerdContainer {
        ContainerdContainer(
            id: container.id, labels: labels(container.config.labels, "container"),
            image: node.shownImage(of: container),
            spec: await spec(node.paths.container(container.id).bundle))
    }

    private func message(_ sandbox: Sandbox) async -> ContainerdContainer {
        ContainerdContainer(
            id: sandbox.id, labels: labels(sandbox.config.labels, "sandbox"),
            image: Sandbox.shownImage, spec: await spec(node.paths.pod(sandbox.id).bundle))
    }

    /// Only what is of the kind `sandbox` has its network counted.
    private func labels(_ own: [String: String], _ kind: String) -> [String: String] {
        own.merging(["io.cri-containerd.kind": kind]) { $1 }
    }

    /// The runtime's spec as it is; where there is none, one of a process without variables.
    private func spec(_ bundle: String) async -> ContainerdSpec {
        let bytes = try? await Blocking.run { try Files.read(Bundle(bundle).configPath) }
        return ContainerdSpec(
            typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
            value: bytes ?? Array(#"{"ociVersion":"1.0.2","process":{"env":[]}}"#.utf8))
    }
}

extension Node {
    /// A container's image by name, as cAdvisor shows it: the kubelet asks for containers by the
    /// image's ID.
    func shownImage(of container: SandboxContainer) -> String {
        let image = try? images.find(container.details.imageId)
        return image?.message.repoTags.first ?? container.status.image?.image ?? ""
    }
}

extension Sandbox {
    /// What stands where other runtimes name the image of their pause container: tools pass over
    /// figures of what has none.
    static let shownImage = "gantry-monitor"
}
