internal import Model
internal import Network
internal import OCI

/// Whether pods can run here, and what each runtime handler can do.
struct Status: RPC {
    let node: Node

    func respond(to request: StatusRequest) async throws -> StatusResponse {
        var response = StatusResponse(
            status: RuntimeStatus(conditions: [runtimeCondition, await networkCondition]),
            runtimeHandlers: handlers,
            features: RuntimeFeatures(
                supplementalGroupsPolicy: true, userNamespacesHostNetwork: hasUserNamespaces,
                mountOptions: true))
        if request.verbose { response.info = try await info() }
        return response
    }

    private var hasUserNamespaces: Bool {
        node.handlers.working.contains(where: \.hasUserNamespaces)
    }

    /// True only for a runtime that was run and answered.
    private var runtimeCondition: RuntimeCondition {
        if let lack = node.handlers.lack {
            return RuntimeCondition(
                type: "RuntimeReady", status: false, reason: "NoRuntime", message: lack)
        }
        return RuntimeCondition(type: "RuntimeReady", status: true)
    }

    private var networkCondition: RuntimeCondition {
        get async {
            switch await node.network.readiness() {
            case .ready: RuntimeCondition(type: "NetworkReady", status: true)
            case .notReady(let reason, let message):
                RuntimeCondition(
                    type: "NetworkReady", status: false, reason: reason, message: message)
            }
        }
    }

    /// The default handler is listed once more under the empty name (api.proto, RuntimeHandler).
    private var handlers: [Model.RuntimeHandler] {
        let named = node.handlers.working.map { ($0.name, $0) }
        let unnamed = node.handlers.standard.map { [("", $0)] } ?? []
        return (unnamed + named).map { name, handler in
            Model.RuntimeHandler(name: name, features: handler.message)
        }
    }

    /// critest reads `stateDir` from the JSON under `config`.
    private func info() async throws -> [String: String] {
        let config: JSONValue = [
            "rootDir": .string(node.paths.root),
            "stateDir": .string(node.paths.runRoot),
            "cgroupDriver": .string(node.cgroupDriver == .systemd ? "systemd" : "cgroupfs"),
        ]
        return try await node.networkInfo().merging([
            "config": try config.text(), "network": try await node.network.information().text(),
        ]) { $1 }
    }
}
