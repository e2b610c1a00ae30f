internal import CRI
internal import Model
internal import Text

/// Answered from the encodings that each sandbox, and all together, keep; waits for nothing.
struct ListPodSandbox {
    let node: Node

    /// The response in its encoding: field 1 of ListPodSandboxResponse, once for each sandbox.
    func respond(to request: ListPodSandboxRequest) throws -> [UInt8] {
        guard (request.filter ?? PodSandboxFilter()) == PodSandboxFilter() else {
            return Lists.repeated(field: 1, try elements(of: request))
        }
        return try node.sandboxes.list.encoding {
            Lists.repeated(field: 1, try elements(of: request))
        }
    }

    func elements(of request: ListPodSandboxRequest) throws -> [[UInt8]] {
        let filter = request.filter ?? PodSandboxFilter()
        let found = node.sandboxes.all.filter { filter.admits($0) }
        return try found.sorted { $0.createdAt > $1.createdAt }.map { try $0.listed() }
    }
}

extension PodSandboxFilter {
    /// All that is given must fit (api.proto, PodSandboxFilter).
    func admits(_ sandbox: Sandbox) -> Bool {
        let phase = sandbox.phase
        guard phase.isListed, sandbox.id.begins(with: id) else { return false }
        if let state, state.state != Sandbox.listState(phase) { return false }
        return sandbox.config.labels.contains(all: labelSelector)
    }
}

extension [String: String] {
    /// Whether every pair of `selector` is here.
    func contains(all selector: [String: String]) -> Bool {
        selector.allSatisfy { key, value in
            guard let index = index(forKey: key) else { return false }
            return self[index].key.isSame(as: key) && self[index].value.isSame(as: value)
        }
    }
}
