internal import Model
internal import MonitorProtocol
internal import OCI
internal import Store
internal import System

/// A container that is about to be created: everything looked up, nothing done yet.
struct ContainerPlan: Sendable {
    let node: Node
    let sandbox: Sandbox
    let config: ContainerConfig
    let image: ImageRecord
    let id: String
    let volumes: [HostMount]
    /// Those that its image declares.
    let declaredVolumes: [HostMount]
    var spec: Spec
    let user: ResolvedUser
    let handler: WorkingHandler
    /// Whose PID namespace it is to have; nil for none.
    let joined: JoinedProcess?
    /// Limits, with what plugins made of them.
    var resources: LinuxContainerResources?
    /// What plugins changed, as it is stored; empty for nothing.
    var adjustment: [UInt8] = []

    /// - Throws: `invalidArgument` for what cannot be done as asked.
    static func make(
        _ node: Node, _ sandbox: Sandbox, _ config: ContainerConfig, _ image: ImageRecord,
        id: String, root: String
    ) async throws -> ContainerPlan {
        let handler = try node.handlers.named(sandbox.handler)
        let joined = try node.joinedProcess(
            sandbox, config.linux?.securityContext ?? LinuxContainerSecurityContext())
        let request = try await SpecInputs(
            node: node, sandbox: sandbox, config: config, id: id, joined: joined
        ).request(image.config, root: root)
        var spec = try SpecBuilder.container(request)
        try await HookDirectories(node.settings.hookDirectories).add(
            to: &spec, annotations: sandbox.config.annotations.merging(config.annotations) { $1 },
            hasBindMounts: !config.mounts.isEmpty)
        return ContainerPlan(
            node: node, sandbox: sandbox, config: config, image: image, id: id,
            volumes: request.mounts, declaredVolumes: request.imageVolumes, spec: spec,
            user: request.user, handler: handler, joined: joined, resources: config.linux?.resources
        )
    }

    /// The request's, with what was found out about images among them.
    private var mounts: [Mount] { volumes.map(\.mount) }

    /// Labels the files of the volumes that are to be, so that the container may use them.
    func relabel() async throws {
        guard let label = spec.linux.mountLabel else { return }
        for volume in volumes + declaredVolumes where volume.mount.selinuxRelabel {
            try await SecurityLabels.set(label, on: volume.source)
        }
    }

    func writeBundle() async throws {
        let file = handler.runtime.handler.defaults.baseSpec
        let base = file.isEmpty ? nil : try await BaseSpec(file: file)
        try await Bundle(node.paths.container(id).bundle).write(spec, over: base)
    }

    /// What the monitor is to run.
    func request() -> CreateRequest {
        let paths = node.paths.container(id)
        var request = CreateRequest(
            container: id, program: handler.runtime.handler.path,
            arguments: handler.runtime.createArguments(
                id, bundle: paths.bundle, pidFile: paths.pidFile, log: paths.log,
                console: config.tty ? paths.console : nil),
            pidFile: paths.pidFile, consoleSocket: config.tty ? paths.console : "",
            logPath: container().log?.text ?? "", keepsInput: config.stdin,
            exitRecord: node.paths.pod(sandbox.id).exitRecord(id))
        if handler.runtime.handler.isStartedByMonitor {
            request.startArguments = handler.runtime.startArguments(id, log: paths.log)
            request.waitArguments = handler.runtime.waitArguments(id)
        }
        return request
    }

    func container() -> SandboxContainer {
        SandboxContainer(
            id: id, sandbox: sandbox, config: config,
            details: .init(
                imageId: image.id, imageRef: image.message.repoDigests.first ?? image.id,
                layers: layers,
                user: LinuxContainerUser(user), stopSignal: stopSignal,
                createdAt: Clock.now(), mounts: mounts, adjustment: adjustment),
            state: .init(phase: .creating, resources: resources))
    }

    /// Those of its image, and those of the images that are its volumes.
    private var layers: [String] {
        let volumes = mounts.compactMap { $0.image?.imageRef }.filter { !$0.isEmpty }
        let images = [image] + volumes.compactMap { try? node.images.find($0) }
        return images.flatMap { $0.layers.map(\.chain) }
    }

    /// The request's, else the image's, else SIGTERM.
    private var stopSignal: Int32 {
        let asked = config.stopSignal
        if asked != .runtimeDefault { return asked.number }
        return StopSignal.number(of: image.config.stopSignal) ?? StopSignal.default
    }
}

extension LinuxContainerUser {
    fileprivate init(_ user: ResolvedUser) {
        self.init(
            uid: Int64(user.uid), gid: Int64(user.gid),
            supplementalGroups: user.groups.map(Int64.init))
    }
}
