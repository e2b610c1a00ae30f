internal import Model
internal import NRI
internal import OCI

extension NRI.Container {
    /// What of a container follows from its configuration and its spec, and does not change.
    init(id: String, _ sandbox: Sandbox, _ config: ContainerConfig, _ spec: Spec, imageId: String) {
        self.init(
            id: id, podSandboxId: sandbox.id, name: config.metadata?.name ?? "",
            labels: config.labels, annotations: spec.annotations.merging(config.annotations) { $1 },
            args: spec.process.args, env: spec.process.env, mounts: spec.mounts.map(Self.mount),
            hooks: spec.hooks.map(NRI.Hooks.init))
        rlimits = (spec.process.rlimits ?? []).map {
            Rlimit(type: $0.type, hard: $0.hard, soft: $0.soft)
        }
        cdiDevices = config.cdiDevices.map { .init(name: $0.name) }
        let user = spec.process.user
        self.user = .init(
            uid: user.uid, gid: user.gid, additionalGids: user.additionalGids ?? [])
        image = .init(name: config.image?.image ?? "", configDigest: imageId)
        linux = NRI.LinuxContainer(spec, config)
    }

    private static func mount(_ mount: Spec.Mount) -> NRI.Mount {
        .init(
            destination: mount.destination, type: mount.type ?? "", source: mount.source ?? "",
            options: mount.options)
    }

    /// How it stands now: what the initializer above leaves out, and nothing else.
    init(stateOf container: SandboxContainer) {
        self.init()
        let phase = container.phase
        state =
            switch phase {
            case .creating: .unknown
            case .created, .unrunnable, .starting: .created
            case .running: .running
            case .exited: .stopped
            }
        pid = UInt32(clamping: phase.pid ?? 0)
        createdAt = container.details.createdAt
        if case .running(_, let since) = phase { startedAt = since }
        if let exit = phase.exit {
            startedAt = exit.startedAt
            finishedAt = exit.finishedAt
            exitCode = exit.code
            statusReason = exit.reason
            statusMessage = exit.message
        }
    }
}

extension NRI.LinuxContainer {
    fileprivate init(_ spec: Spec, _ config: ContainerConfig) {
        let linux = spec.linux
        self.init(
            namespaces: linux.namespaces.map { .init(type: $0.type.rawValue, path: $0.path ?? "") },
            devices: (linux.devices ?? []).map(LinuxDevice.init),
            resources: linux.resources.map(LinuxResources.init),
            oomScoreAdj: spec.process.oomScoreAdj.map { .init(value: Int64($0)) },
            cgroupsPath: linux.cgroupsPath ?? "")
        if let profile = config.linux?.securityContext?.seccomp {
            seccompProfile = .init(
                profileType: .init(rawValue: profile.profileType.rawValue) ?? .unconfined,
                localhostRef: profile.localhostRef)
        }
        seccompPolicy = linux.seccomp.map(LinuxSeccomp.init)
        sysctl = linux.sysctl ?? [:]
        netDevices = (linux.netDevices ?? [:]).sorted { $0.key < $1.key }.map {
            .init(key: $0.key, value: .init(name: $0.value.name ?? ""))
        }
        if let found = linux.intelRdt {
            rdt = LinuxRdt(
                closId: found.closID.map { .init(value: $0) },
                schemata: found.schemata.map { .init(value: $0) },
                enableMonitoring: found.enableMonitoring.map { .init(value: $0) })
        }
    }
}

extension LinuxDevice {
    fileprivate init(_ device: Spec.Device) {
        self.init(
            path: device.path, type: device.type, major: device.major, minor: device.minor,
            fileMode: device.fileMode.map { .init(value: $0) },
            uid: device.uid.map { .init(value: $0) }, gid: device.gid.map { .init(value: $0) })
    }
}

extension NRI.Hooks {
    fileprivate init(_ hooks: Spec.Hooks) {
        let made = { (hooks: [Spec.Hook]?) in
            (hooks ?? []).map { hook in
                NRI.Hook(
                    path: hook.path, args: hook.args ?? [], env: hook.env ?? [],
                    timeout: hook.timeout.map { .init(value: Int64($0)) })
            }
        }
        self.init(
            prestart: made(hooks.prestart), createRuntime: made(hooks.createRuntime),
            createContainer: made(hooks.createContainer),
            startContainer: made(hooks.startContainer), poststart: made(hooks.poststart),
            poststop: made(hooks.poststop))
    }
}

extension LinuxSeccomp {
    fileprivate init(_ seccomp: Spec.Seccomp) {
        self.init(
            defaultAction: seccomp.defaultAction,
            defaultErrno: seccomp.defaultErrnoRet.map { .init(value: $0) },
            architectures: seccomp.architectures ?? [], flags: seccomp.flags ?? [],
            listenerPath: seccomp.listenerPath ?? "",
            listenerMetadata: seccomp.listenerMetadata ?? "",
            syscalls: (seccomp.syscalls ?? []).map { rule in
                LinuxSyscall(
                    names: rule.names, action: rule.action,
                    errnoRet: rule.errnoRet.map { .init(value: $0) },
                    args: (rule.args ?? []).map {
                        .init(
                            index: $0.index, value: $0.value, valueTwo: $0.valueTwo ?? 0, op: $0.op)
                    })
            })
    }
}
