internal import Kernel
internal import Model
internal import OCI

/// Looks up on the node what a container's spec follows from.
struct SpecInputs: Sendable {
    let node: Node
    let sandbox: Sandbox
    let config: ContainerConfig
    /// The container's ID.
    let id: String
    /// Whose PID namespace it is to have; nil for none.
    let joined: JoinedProcess?

    private var security: LinuxContainerSecurityContext {
        config.linux?.securityContext ?? LinuxContainerSecurityContext()
    }

    /// - Parameter root: the container's root file system, for the names of users.
    func request(_ image: ImageConfig, root: String) async throws -> SpecRequest {
        let handler = try node.handlers.named(sandbox.handler)
        var request = SpecRequest(
            containerId: id, sandboxId: sandbox.id, container: config, sandbox: sandbox.config,
            image: image, user: try await UserRequest(security, image).resolve(inRoot: root),
            rootfs: root, cgroup: node.cgroupPath(sandbox), handler: handler.runtime.handler)
        request.namespaces = node.podNamespaces(sandbox)
        request.namespaces.joinedPid = joined?.path
        request.mounts = try await mounts(handler)
        request.imageVolumes = try await DeclaredVolumes(
            node: node, id: id, sandbox: sandbox, user: request.user, root: root
        ).prepare(image.volumes, besides: config.mounts)
        request.devices = try await devices(handler.runtime.handler)
        request.files = node.podFiles(sandbox)
        request.hostname = sandbox.config.hostnameNow()
        request.features = handler.features
        request.host = node.host
        request.appArmor = try await node.appArmor()
        request.localhostSeccomp = try await Spec.Seccomp.localhost(
            for: security, node.hostPaths)
        request.defaults = try await ContainerDefaults(
            node.settings, handler.runtime.handler, node.hostPaths)
        request.rlimits = try node.settings.defaultUlimits.map(Spec.Rlimit.init(ulimit:))
        request.injection = try await CDIDevices(
            directories: node.settings.cdiDirectories, paths: node.hostPaths
        ).injection(of: CDIDevices.names(config))
        return request
    }

    private func mounts(_ handler: WorkingHandler) async throws -> [HostMount] {
        let images = ImageVolumes(
            node: node, id: id, sandbox: sandbox, owner: try node.layerOwner(sandbox),
            label: try await node.validLabel(of: config, in: sandbox))
        let mounts = try await HostMounts(paths: node.hostPaths)
            .resolve(config.mounts, images)
        if handler.features.mapsIDs { return mounts }
        return try await MappedVolumes(bundle: node.paths.container(id).bundle).prepare(mounts)
    }

    private func devices(_ handler: Handler) async throws -> [HostDevice] {
        let getsAll = security.privileged && !handler.defaults.privilegedWithoutHostDevices
        var devices = getsAll ? try await HostDevice.all() : []
        let annotated = try AnnotatedDevices(
            sandbox.config.annotations, handler, allowed: node.settings.allowedDevices)
        for device in config.devices + annotated.devices {
            let found = try await resolve(device)
            devices += node.settings.ownsDevices ? found.map { $0.owned(by: security) } : found
        }
        return devices
    }

    private func resolve(_ device: Device) async throws -> [HostDevice] {
        do {
            return try await HostDevice.resolve(device, node.hostPaths)
        } catch let error as SystemError {
            throw error.about("devices.host_path")
        }
    }
}

extension UserRequest {
    fileprivate init(_ security: LinuxContainerSecurityContext, _ image: ImageConfig) {
        self.init()
        imageUser = image.user
        runAsUser = security.runAsUser?.value
        runAsUsername = security.runAsUsername
        runAsGroup = security.runAsGroup?.value
        supplementalGroups = security.supplementalGroups
        isStrict = security.supplementalGroupsPolicy == .strict
    }
}
