internal import Model

extension SpecBuilder {
    /// The container's choice for PID; network, IPC and the user namespace are the pod's.
    private var options: NamespaceOption {
        security.namespaceOptions ?? podOptions
    }

    var podOptions: NamespaceOption { podSecurity.namespaceOptions ?? NamespaceOption() }

    func namespaces() throws -> [Spec.Namespace] {
        var namespaces = [Spec.Namespace(.mount)]
        namespaces += try pid()
        namespaces += try shared(.network, \.network, request.namespaces.network)
        namespaces += try shared(.ipc, \.ipc, request.namespaces.ipc)
        namespaces += try uts()
        if let user = request.namespaces.user { namespaces.append(.init(.user, path: user)) }
        if isolatesCgroup { namespaces.append(.init(.cgroup)) }
        return namespaces
    }

    private func pid() throws -> [Spec.Namespace] {
        if options.pid == .target { return [try pinned(.pid, request.namespaces.joinedPid)] }
        return try shared(.pid, \.pid, request.namespaces.joinedPid)
    }

    /// The pod's namespace is the node's where the pod has none of its own.
    private func shared(
        _ kind: Spec.Namespace.Kind, _ mode: KeyPath<NamespaceOption, NamespaceMode>,
        _ path: String?
    ) throws -> [Spec.Namespace] {
        switch options[keyPath: mode] {
        case .pod: return podOptions[keyPath: mode] == .node ? [] : [try pinned(kind, path)]
        case .container: return [.init(kind)]
        case .node: return []
        case .target:
            throw GantryError(
                .invalidArgument,
                "namespace_options.\(kind.rawValue): only the PID namespace can be that of a target "
                    + "container")
        }
    }

    private func pinned(
        _ kind: Spec.Namespace.Kind, _ path: String?
    ) throws -> Spec.Namespace {
        guard let path else {
            throw GantryError(.failedPrecondition, "the pod has no \(kind.rawValue) namespace")
        }
        return .init(kind, path: path)
    }

    /// A pod on the node's network has the node's name too, as Kubernetes says of `hostNetwork`.
    private func uts() throws -> [Spec.Namespace] {
        podOptions.network == .node ? [] : [try pinned(.uts, request.namespaces.uts)]
    }

    /// With cgroup v2 a container sees its own cgroup as the root. On v1 the runtimes bind it there.
    var isolatesCgroup: Bool { request.host.cgroupVersion == .v2 && !security.privileged }

    /// A container can have no other user namespace than its pod.
    func userMappings() throws -> UserMappings? {
        let pod = try UserMappings(podOptions.usernsOptions)
        if let own = security.namespaceOptions?.usernsOptions {
            guard try UserMappings(own) == pod else {
                throw GantryError(
                    .invalidArgument,
                    "namespace_options.userns_options: the container's user namespace differs from its "
                        + "pod's")
            }
        }
        guard (pod == nil) == (request.namespaces.user == nil) else {
            throw GantryError(.failedPrecondition, "the pod's user namespace is not there")
        }
        return pod
    }
}
