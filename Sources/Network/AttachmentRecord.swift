internal import Model

/// What was asked of the plugins and what they answered: what DEL and CHECK must be given again,
/// whatever became of the configuration since (CNI specification, section 3, Lifecycle & Ordering).
struct AttachmentRecord: Codable, Sendable {
    let sandboxId: String
    let interface: String
    let namespacePath: String
    /// CNI_ARGS.
    let arguments: String
    let capabilities: [String: JSONValue]
    let network: NetworkConfiguration
    let version: SpecVersion
    /// The last plugin's; nil from before ADD until it has succeeded.
    var result: JSONValue?

    /// - Throws: `GantryError.invalidArgument` when it cannot be said to plugins.
    init(_ attachment: Attachment, _ network: SelectedNetwork) throws {
        try attachment.id.validate()
        sandboxId = attachment.id.sandboxId
        interface = attachment.id.interface
        namespacePath = attachment.namespacePath
        arguments = try attachment.arguments()
        capabilities = try attachment.capabilityArguments()
        self.network = network.configuration
        version = network.version
    }

    var id: Attachment.ID { Attachment.ID(sandboxId, interface: interface) }

    /// The operation's parameters as a plugin's environment.
    /// - Parameter namespace: empty when the namespace is gone.
    func parameters(namespace: String) -> [String] {
        [
            "CNI_CONTAINERID=\(sandboxId)", "CNI_NETNS=\(namespace)", "CNI_IFNAME=\(interface)",
            "CNI_ARGS=\(arguments)",
        ]
    }

    func request(_ plugin: PluginConfiguration, previous: JSONValue?) -> JSONValue {
        plugin.request(
            network: network.name, version: version, capabilities: capabilities, previous: previous)
    }

    /// What the pod asked for and no plugin takes.
    var ignored: [String] {
        let accepted = network.plugins.reduce(into: Set()) { $0.formUnion($1.capabilities) }
        return Attachment.promises.intersection(capabilities.keys).subtracting(accepted).sorted()
    }
}
