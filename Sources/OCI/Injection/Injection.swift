/// What a container gets besides what its configuration says: the edits of its CDI devices.
public struct Injection: Hashable, Sendable {
    /// `NAME=value`; they win over the container's own.
    public var environment: [String] = []
    public var devices: [HostDevice] = []
    public var mounts: [Spec.Mount] = []
    public var hooks = Spec.Hooks()
    /// Supplementary groups.
    public var groups: [UInt32] = []

    public init() {}

    mutating func add(_ other: Injection) {
        environment += other.environment
        devices += other.devices
        mounts += other.mounts
        hooks.add(other.hooks)
        groups += other.groups
    }
}

extension Spec.Hooks {
    /// When hooks run (config.md, "POSIX-platform Hooks").
    enum Stage: String, CaseIterable, Decodable, Sendable {
        case prestart, createRuntime, createContainer, startContainer, poststart, poststop

        fileprivate var hooks: WritableKeyPath<Spec.Hooks, [Spec.Hook]?> {
            switch self {
            case .prestart: \.prestart
            case .createRuntime: \.createRuntime
            case .createContainer: \.createContainer
            case .startContainer: \.startContainer
            case .poststart: \.poststart
            case .poststop: \.poststop
            }
        }
    }

    mutating func add(_ hook: Spec.Hook, at stage: Stage) {
        self[keyPath: stage.hooks] = (self[keyPath: stage.hooks] ?? []) + [hook]
    }

    mutating func add(_ other: Spec.Hooks) {
        for stage in Stage.allCases {
            for hook in other[keyPath: stage.hooks] ?? [] { add(hook, at: stage) }
        }
    }
}
