public import Model

/// The IDs of a pod's user namespace.
public struct UserMappings: Hashable, Sendable {
    public let uids: Spec.IDMapping
    public let gids: Spec.IDMapping

    /// nil where the node's namespace is asked for, or nothing at all.
    /// - Throws: `invalidArgument` unless the pod's own has exactly one mapping of each kind, which
    ///   has root in it. Kubernetes makes no others, and the kernel maps no mounts by others than
    ///   the pod's.
    public init?(_ options: UserNamespace?) throws {
        guard let options else { return nil }
        switch options.mode {
        case .pod: break
        case .node:
            guard options.uids.isEmpty && options.gids.isEmpty else {
                throw GantryError(
                    .invalidArgument,
                    "userns_options: IDs cannot be mapped in the node's user namespace")
            }
            return nil
        case .container, .target:
            throw GantryError(
                .invalidArgument,
                "userns_options: the user namespace is the pod's or the node's, not "
                    + "\(options.mode)")
        }
        uids = try Self.single(options.uids, "uid")
        gids = try Self.single(options.gids, "gid")
    }

    private static func single(
        _ mappings: [IDMapping], _ kind: String
    ) throws -> Spec.IDMapping {
        guard let mapping = mappings.first, mappings.count == 1 else {
            throw GantryError(
                .invalidArgument,
                "userns_options: a user namespace needs exactly one \(kind) mapping, not \(mappings.count)"
            )
        }
        let (end, overflows) = mapping.hostId.addingReportingOverflow(mapping.length)
        guard mapping.containerId == 0, mapping.length > 0, !overflows, end < UInt32.max else {
            throw GantryError(
                .invalidArgument,
                "userns_options: the \(kind) mapping of \(mapping.length) IDs from \(mapping.containerId) to "
                    + "\(mapping.hostId) does not begin with 0, is empty or too long")
        }
        return Spec.IDMapping(mapping)
    }
}

extension Spec.IDMapping {
    public init(_ mapping: IDMapping) {
        self.init(
            containerID: mapping.containerId, hostID: mapping.hostId, size: mapping.length)
    }

    /// As a line of `/proc/PID/uid_map` (user_namespaces(7)).
    public var line: String { "\(containerID) \(hostID) \(size)\n" }
}
