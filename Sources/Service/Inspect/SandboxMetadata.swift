internal import CRI
internal import Model
internal import Network

/// What the verbose answer about a pod tells of its network and its identity, in containerd's form.
extension Node {
    /// nil for a pod on the node's network, and for one that was taken off its own.
    func networkResult(_ sandbox: Sandbox) async -> JSONValue? {
        guard !sandbox.usesHostNetwork else { return nil }
        return await network.result(of: Attachment.ID(sandbox.id))
    }

    func sandboxMetadata(_ sandbox: Sandbox, _ networkResult: JSONValue?) -> JSONValue {
        let metadata = sandbox.config.metadata ?? PodSandboxMetadata()
        let addresses = sandbox.current.addresses.map { JSONValue.string($0) }
        let name = [
            metadata.name, metadata.namespace, metadata.uid, String(metadata.attempt),
        ].joined(separator: "_")
        return [
            "Version": "v1",
            "Metadata": [
                "ID": .string(sandbox.id), "Name": .string(name),
                "Config": sandbox.currentConfig.json(),
                "NetNSPath": .string(
                    sandbox.usesHostNetwork ? "" : paths.pod(sandbox.id).namespace("net")),
                "IP": addresses.first ?? "", "AdditionalIPs": .array(Array(addresses.dropFirst())),
                "RuntimeHandler": .string(sandbox.requestedHandler),
                "CNIResult": networkResult ?? .null,
            ],
        ]
    }
}
