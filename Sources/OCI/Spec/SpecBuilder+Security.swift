internal import Model
internal import Text

extension SpecBuilder {
    // MARK: Seccomp

    /// Privileged implies "Seccomp restrictions are not applied" (CRI).
    func seccomp(granting capabilities: [String]) throws -> Spec.Seccomp? {
        if security.privileged { return nil }
        let profile = try self.profile(
            security.seccomp, security.seccompProfilePath, "seccomp_profile_path")
        switch profile.profileType {
        case .unconfined: return nil
        case .runtimeDefault:
            guard request.host.hasSeccomp else { return nil }
            return request.defaults.seccomp ?? .runtimeDefault(granting: capabilities)
        case .localhost:
            try require(request.host.hasSeccomp, "seccomp", profile)
            guard let loaded = request.localhostSeccomp else {
                throw GantryError(
                    .invalidArgument,
                    "seccomp: seccomp profile \"\(profile.localhostRef)\" is not loaded")
            }
            return loaded
        }
    }

    /// The profile that is asked for, from the message or, without one, from the older string. No
    /// word at all is unconfined (CRI, `seccomp_profile_path`).
    func profile(
        _ profile: SecurityProfile?, _ text: String, _ field: String
    ) throws -> SecurityProfile {
        if let profile { return profile }
        switch text {
        case "", "unconfined": return SecurityProfile(profileType: .unconfined)
        case "runtime/default", "docker/default": return SecurityProfile()
        default:
            guard let name = text.removing(prefix: "localhost/").map(String.init) else {
                throw GantryError(
                    .invalidArgument, "\(field): there is no security profile \"\(text)\"")
            }
            return SecurityProfile(profileType: .localhost, localhostRef: name)
        }
    }

    func require(_ holds: Bool, _ module: String, _ profile: SecurityProfile) throws {
        guard holds else {
            throw GantryError(
                .failedPrecondition,
                "the kernel has no \(module), which profile \"\(profile.localhostRef)\" needs")
        }
    }

    // MARK: SELinux

    /// The labels of the process and of its files, or nil where nothing is labelled.
    var selinux: SELinuxLabels? {
        SELinuxLabels.of(
            security, pod: podSecurity, sandboxId: request.sandboxId, request.host)
    }

    // MARK: Annotations

    /// Those that runtimes and hooks know from containerd's CRI plugin (runsc cannot do without),
    /// and the user's as far as the handler passes them on.
    func annotations() -> [String: String] {
        let image = request.container.image
        let named = image?.userSpecifiedImage ?? ""
        return request.allowedAnnotations.merging(
            [
                CRIAnnotation.containerType: "container",
                CRIAnnotation.containerName: request.container.metadata?.name ?? "",
                CRIAnnotation.imageName: named.isEmpty ? image?.image ?? "" : named,
            ]
        ) { $1 }.merging(CRIAnnotation.of(request.sandbox, id: request.sandboxId)) { $1 }
    }
}

extension SpecRequest {
    fileprivate var allowedAnnotations: [String: String] {
        handler.annotations(sandbox.annotations.merging(container.annotations) { $1 })
    }
}

enum CRIAnnotation {
    static let containerType = "io.kubernetes.cri.container-type"
    static let containerName = "io.kubernetes.cri.container-name"
    static let imageName = "io.kubernetes.cri.image-name"

    /// Of the infra container alone. A shim with a virtual machine makes that as large as the pod's
    /// limits say, which the kubelet sends with the pod; gVisor's finds the pod's volumes by its log
    /// directory.
    static func ofInfra(_ sandbox: PodSandboxConfig) -> [String: String] {
        var all = [
            containerType: "sandbox",
            "io.kubernetes.cri.sandbox-log-directory": sandbox.logDirectory,
        ]
        guard let limits = sandbox.linux?.resources else { return all }
        all["io.kubernetes.cri.sandbox-cpu-period"] = "\(limits.cpuPeriod)"
        all["io.kubernetes.cri.sandbox-cpu-quota"] = "\(limits.cpuQuota)"
        all["io.kubernetes.cri.sandbox-cpu-shares"] = "\(limits.cpuShares)"
        all["io.kubernetes.cri.sandbox-memory"] = "\(limits.memoryLimitInBytes)"
        return all
    }

    static func of(_ sandbox: PodSandboxConfig, id: String) -> [String: String] {
        [
            "io.kubernetes.cri.sandbox-id": id,
            "io.kubernetes.cri.sandbox-name": sandbox.metadata?.name ?? "",
            "io.kubernetes.cri.sandbox-namespace": sandbox.metadata?.namespace ?? "",
            "io.kubernetes.cri.sandbox-uid": sandbox.metadata?.uid ?? "",
        ]
    }
}
