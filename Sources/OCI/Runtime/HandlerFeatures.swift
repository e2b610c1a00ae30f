/// What a runtime can do: what its `features` tells (features.md); where it has no such command,
/// nothing but what the handler's keys say.
public struct HandlerFeatures: Hashable, Sendable {
    /// First line of `--version`.
    public var version: String
    /// The newest spec that it takes.
    public var ociVersionMax: String
    public var mountOptions: Set<String>
    /// Mounts whose IDs are mapped, for pods with a user namespace.
    public var mapsIDs: Bool
    /// Intel RDT and AMD QoS.
    public var hasIntelRdt = false
    public var movesNetDevices = false
    /// `MPOL_…` that it can set.
    public var memoryPolicies: Set<String> = []

    public init(
        version: String = "", ociVersionMax: String = "1.0.2", mountOptions: Set<String> = [],
        mapsIDs: Bool = false
    ) {
        self.version = version
        self.ociVersionMax = ociVersionMax
        self.mountOptions = mountOptions
        self.mapsIDs = mapsIDs
    }

    public var mountsRecursivelyReadOnly: Bool { mountOptions.contains("rro") }

    /// The version to write: 1.0.2, which every runtime takes, unless the spec has what is newer.
    func ociVersion(wanting mounts: [Spec.Mount]) -> String {
        let isMapped = mounts.contains { $0.uidMappings != nil || $0.gidMappings != nil }
        return isMapped && ociVersionMax >= "1.1" ? "1.1.0" : "1.0.2"
    }
}
