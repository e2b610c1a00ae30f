/// How plugins are found and what they get; the defaults are those of every runtime.
public struct NRISettings: Sendable {
    public var socket = "/var/run/nri/nri.sock"
    public var pluginDirectory = "/opt/nri/plugins"
    public var configDirectory = "/etc/nri/conf.d"
    /// From its connection to the end of Synchronize.
    public var registrationLimit = Duration.seconds(5)
    /// For each request.
    public var requestLimit = Duration.seconds(2)
    public var runtimeName = "gantry"
    public var runtimeVersion = ""
    public var validator: DefaultValidator?

    public init() {}

    /// The protocol that is spoken, as the versions of containerd/nri count it.
    static let protocolVersion = "v0.11.0"
}

/// What the daemon is to its plugins.
public protocol PluginBackend: Sendable {
    /// A plugin is about to ask what there is.
    func prepare() async

    /// The last plugin has gone.
    func rest()

    /// All pods and containers that plugins have been told of. It must not wait.
    func known() -> (pods: [PodSandbox], containers: [EncodedContainer])

    /// Makes the changes.
    /// - Returns: those that could not be made.
    func update(_ updates: [ContainerUpdate]) async -> [(ContainerUpdate, any Error)]

    /// Ends the containers.
    func evict(_ evictions: [ContainerEviction], plugin: String) async

    /// A line for the log.
    func log(_ level: PluginLogLevel, _ text: String)
}

public enum PluginLogLevel: Sendable {
    case debug, info, warning
}
