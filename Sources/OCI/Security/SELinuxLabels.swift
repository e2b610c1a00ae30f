internal import Kernel
public import Model
internal import System

/// The SELinux contexts of a container, `user:role:type:level`.
public struct SELinuxLabels: Hashable, Sendable {
    /// Of its process.
    public let process: String
    /// Of its root file system and of the mounts that are made for it.
    public let mount: String

    /// - Returns: nil where nothing is labelled: on a node without SELinux, whatever is asked for.
    ///   Kubernetes and charts ask everywhere.
    public static func of(
        _ security: LinuxContainerSecurityContext, pod: LinuxSandboxSecurityContext,
        sandboxId: String, _ host: HostFacts
    ) -> SELinuxLabels? {
        guard host.hasSELinux else { return nil }
        let options = security.selinuxOptions ?? pod.selinuxOptions
        return SELinuxLabels(
            options ?? SELinuxOption(), privileged: security.privileged, sandboxId: sandboxId)
    }

    /// - Parameter sandboxId: a pod without a level of its own gets one that follows from this, so
    ///   that its containers share their files and no other pod can read them.
    init(_ options: SELinuxOption, privileged: Bool, sandboxId: String) {
        let user = options.user.isEmpty ? "system_u" : options.user
        let role = options.role.isEmpty ? "system_r" : options.role
        let fallback = privileged ? "spc_t" : "container_t"
        let type = options.type.isEmpty ? fallback : options.type
        let level = options.level.isEmpty ? Self.level(sandboxId) : options.level
        // What is privileged belongs to no one pod.
        let own = privileged && options.level.isEmpty ? "s0" : level
        process = "\(user):\(role):\(type):\(own)"
        mount = "\(user):object_r:\(Self.fileType):\(level)"
    }

    /// For files of the node's that every container may read.
    public static let sharedFiles = "system_u:object_r:\(fileType):s0"
    private static let fileType = "container_file_t"

    /// Two of the 1024 categories of the multi-category policy, the lower one first.
    private static func level(_ sandboxId: String) -> String {
        let hash = sandboxId.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        let first = hash % 1024
        let second = (first + 1 + hash / 1024 % 1023) % 1024
        return "s0:c\(min(first, second)),c\(max(first, second))"
    }

    /// Has the kernel check both against its policy.
    /// - Throws: `invalidArgument` for what the policy does not know.
    public func validate() async throws {
        for label in [process, mount] {
            do {
                try await Blocking.run {
                    try Files.write("\(label)\0", to: "/sys/fs/selinux/context")
                }
            } catch let error as SystemError {
                throw GantryError(
                    .invalidArgument,
                    "selinux_options: SELinux's policy knows no context \"\(label)\"",
                    cause: error)
            }
        }
    }
}
