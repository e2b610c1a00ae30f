internal import Model

/// The SELinux contexts of a container, `user:role:type:level`.
struct SELinuxLabels {
    let pair: (process: String, mount: String)

    /// - Parameter sandboxId: a pod without a level of its own gets one that follows from this, so
    ///   that its containers share their files and no other pod can read them.
    init(_ options: SELinuxOption, privileged: Bool, sandboxId: String) {
        let user = options.user.isEmpty ? "system_u" : options.user
        let role = options.role.isEmpty ? "system_r" : options.role
        let fallback = privileged ? "spc_t" : "container_t"
        let type = options.type.isEmpty ? fallback : options.type
        let level = options.level.isEmpty ? Self.level(sandboxId) : options.level
        pair = ("\(user):\(role):\(type):\(level)", "\(user):object_r:container_file_t:\(level)")
    }

    /// Two of the 1024 categories of the multi-category policy, the lower one first.
    private static func level(_ sandboxId: String) -> String {
        let hash = sandboxId.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        let first = hash % 1024
        let second = (first + 1 + hash / 1024 % 1023) % 1024
        return "s0:c\(min(first, second)),c\(max(first, second))"
    }
}
