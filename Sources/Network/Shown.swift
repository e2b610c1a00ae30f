internal import Kernel
public import Model
internal import System
internal import Text

/// The network that pods are attached to, as tools want to see it.
public struct ShownNetwork: Sendable {
    public let name: String
    /// Of the CNI, in which the plugins are spoken to.
    public let version: String
    /// Each plugin's configuration.
    public let plugins: [JSONValue]
    /// The file as it is.
    public let source: String
}

extension NetworkPlugins {
    /// nil where there is none that could be used.
    public func inUse() async -> ShownNetwork? {
        guard let network = try? await source.current() else { return nil }
        let file = try? await Blocking.run { try Files.readText(network.path) }
        return ShownNetwork(
            name: network.configuration.name, version: network.version.rawValue,
            plugins: network.configuration.plugins.map(\.document), source: file ?? "")
    }

    /// What the plugins answered when the pod was attached, in the form that containerd gives it: by
    /// the interface's name. nil for a pod that is not attached.
    public func result(of id: Attachment.ID) async -> JSONValue? {
        guard case .intact(let record) = try? await records.load(id), let result = record.result
        else { return nil }
        return PluginResult(result).shown(record.interface)
    }
}

extension PluginResult {
    /// - Parameter own: the pod's interface, whose addresses are those that name none.
    fileprivate func shown(_ own: String) -> JSONValue {
        let listed = document["interfaces"]?.array ?? []
        var interfaces: [String: JSONValue] = [own: Self.shown([:], [])]
        for (index, interface) in listed.enumerated() {
            guard let name = interface["name"]?.string else { continue }
            let addresses = entries.filter { $0["interface"] == .integer(Int64(index)) }
            interfaces[name] = Self.shown(interface, addresses)
        }
        if !entries.contains(where: { $0["interface"] != nil }) {
            let interface = listed.first { $0["name"]?.string == own } ?? [:]
            interfaces[own] = Self.shown(interface, entries)
        }
        return [
            "Interfaces": .object(interfaces), "DNS": .array([document["dns"] ?? [:]]),
            "Routes": document["routes"] ?? .array([]),
        ]
    }

    private static func shown(_ interface: JSONValue, _ addresses: [JSONValue]) -> JSONValue {
        [
            "Mac": interface["mac"] ?? "", "Sandbox": interface["sandbox"] ?? "",
            "IPConfigs": .array(
                addresses.map { entry in
                    let address = entry["address"]?.string ?? ""
                    return [
                        "IP": .string(String(address.head(before: "/"))),
                        "Gateway": entry["gateway"] ?? "",
                    ]
                }),
        ]
    }
}
