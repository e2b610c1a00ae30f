/// The keys of a handler that is a shim of the containerd kind.
public struct ShimKeys: Codable, Hashable, Sendable {
    /// The shim's own configuration file; empty: its default.
    public var configPath = ""
    /// What kind of file that is, where the shim wants to know.
    public var configType = ""
    /// What would be in such a file, for a shim that takes it with its options.
    public var configBody = ""
    /// The runtime that a shim for OCI command lines runs; empty: its default.
    public var binary = ""

    /// Who makes a pod's sandbox: `podsandbox` is Gantry, by a first container; `shim` the shim itself, by
    /// its sandbox API.
    public var sandboxer = "podsandbox"

    /// Whether it was found on the search path, and not in the configuration.
    public var isFound = false

    public init() {}
}
