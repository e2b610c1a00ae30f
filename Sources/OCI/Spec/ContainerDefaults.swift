internal import Kernel
internal import Model
public import System
internal import Text

/// What the node's configuration gives containers that ask for nothing of their own.
public struct ContainerDefaults: Sendable {
    /// In place of the usual set; nil: that.
    public var capabilities: Set<String>?
    /// What `RuntimeDefault` stands for; nil: Gantry's own profile.
    public var seccomp: Spec.Seccomp?
    /// The AppArmor profile that `RuntimeDefault` stands for.
    public var appArmorProfile = AppArmor.defaultProfile
    /// `NAME=VALUE`, below what the image and the container say.
    public var environment: [String] = []
    /// Bytes of /dev/shm.
    public var sharedMemory = ContainerDefaults.usualSharedMemory

    /// 64 MiB, as Docker began and every runtime has kept.
    public static let usualSharedMemory = 64 << 20

    public init() {}

    /// Of the infra container, whose program is ours and reads no environment.
    public var ofInfra: ContainerDefaults {
        var defaults = self
        defaults.environment = []
        return defaults
    }

    /// - Throws: `invalidArgument` for a name that is none of capabilities(7)'s.
    public static func capabilities(_ names: [String]) throws -> Set<String> {
        try Capabilities.named(names, "default_capabilities")
    }

    /// `NAME=VALUE` with a name.
    public static func isVariable(_ entry: String) -> Bool {
        guard let (name, value) = entry.cut(at: "=") else { return false }
        return !name.isEmpty && !value.has("\0")
    }
}

extension Spec.Seccomp {
    /// A profile from a file of the node's.
    /// - Throws: `invalidArgument` when it cannot be read or is no profile.
    public static func file(_ path: String, _ paths: HostPaths) async throws -> Spec.Seccomp {
        try await load(path, paths)
    }
}
