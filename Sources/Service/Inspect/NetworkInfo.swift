internal import Model
internal import Network

/// The network of the node in the verbose answer of Status, in the form of containerd's.
extension Node {
    func networkInfo() async throws -> [String: String] {
        let readiness = await network.readiness()
        var condition = "OK"
        if case .notReady(let reason, let message) = readiness {
            condition = "\(reason): \(message)"
        }
        return [
            "cniconfig": try await networkConfiguration().text(),
            "lastCNILoadStatus": condition, "lastCNILoadStatus.default": condition,
        ]
    }

    private func networkConfiguration() async throws -> JSONValue {
        var networks: [JSONValue] = []
        if let found = await network.inUse() {
            let plugins = try found.plugins.map { document -> JSONValue in
                ["Network": document, "Source": .string(try document.text())]
            }
            networks = [
                [
                    "IFName": "eth0",
                    "Config": [
                        "Name": .string(found.name), "CNIVersion": .string(found.version),
                        "Plugins": .array(plugins), "Source": .string(found.source),
                    ],
                ]
            ]
        }
        let directories = settings.networkPluginDirectories.map { JSONValue.string($0) }
        return [
            "PluginDirs": .array(directories),
            "PluginConfDir": .string(settings.networkConfigDirectories.first ?? ""),
            "PluginMaxConfNum": 1, "Prefix": "eth", "Networks": .array(networks),
        ]
    }
}
