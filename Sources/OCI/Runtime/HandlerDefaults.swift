internal import Text

/// What a handler's keys say of its pods and containers.
public struct HandlerDefaults: Codable, Hashable, Sendable {
    /// Whether a privileged container gets only the devices that it asks for.
    public var privilegedWithoutHostDevices = false
    /// A JSON file with what a spec has where Gantry says nothing; empty: none.
    public var baseSpec = ""
    /// The CNI configuration of its pods; empty: the node's.
    public var networkDirectory = ""
    /// `KEY=VALUE`.
    public var annotations: [String] = []
    /// Seconds that `create` may take; 0: what each command may.
    public var createLimit = 0
    /// A seccomp profile that `RuntimeDefault` stands for, a file; empty: the node's.
    public var seccompProfile = ""
    /// Whether containers that are not privileged may write to their own cgroups.
    public var cgroupWritable = false

    public init() {}

    var annotationsByKey: [String: String] {
        let pairs = annotations.compactMap { entry in
            entry.cut(at: "=").map { (String($0.head), String($0.tail)) }
        }
        return Dictionary(pairs) { $1 }
    }
}
