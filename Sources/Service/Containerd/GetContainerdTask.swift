internal import CRI
internal import Model
internal import OCI

/// Tasks.Get of containerd's API: the process by which cAdvisor finds a network, and how it ended.
struct GetContainerdTask: RPC {
    let node: Node

    func respond(to request: GetContainerdTaskRequest) async throws -> GetContainerdTaskResponse {
        let id = request.containerId
        let found = node.containers.exactly(id)?.task ?? node.sandboxes.exactly(id)?.task
        guard var process = found else {
            throw GantryError(.notFound, "there is no process of \(id)")
        }
        process.containerId = id
        process.id = id
        return GetContainerdTaskResponse(process: process)
    }
}

extension SandboxContainer {
    /// Unknown while it has no process, upon which cAdvisor asks again.
    fileprivate var task: ContainerdProcess {
        switch phase {
        case .creating, .unrunnable: ContainerdProcess(status: .unknown)
        case .created(let pid), .starting(let pid, _):
            ContainerdProcess(pid: UInt32(clamping: pid), status: .created)
        case .running(let pid, _): ContainerdProcess(pid: UInt32(clamping: pid), status: .running)
        case .exited(let exit):
            ContainerdProcess(status: .stopped, exitStatus: UInt32(bitPattern: exit.code))
        }
    }
}

extension Sandbox {
    /// The infra container's, or the monitor, which is in the pod's network as well.
    fileprivate var task: ContainerdProcess {
        let now = current
        guard now.phase == .ready || now.phase == .creating else {
            return ContainerdProcess(status: .stopped)
        }
        guard let pid = now.infraPid ?? now.monitor?.process else {
            return ContainerdProcess(status: .unknown)
        }
        return ContainerdProcess(pid: UInt32(clamping: pid), status: .running)
    }
}
