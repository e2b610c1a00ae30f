internal import Model
internal import NRI
internal import OCI

/// What plugins want of a container, made in its spec.
struct SpecAdjustment {
    let features: HandlerFeatures
    let host: HostFacts
    let handler: String
    /// Of the class that plugins ask for; nil for none.
    let blockIO: Spec.BlockIO?

    /// - Parameter resources: the limits as CRI has them, which change along.
    /// - Throws: `failedPrecondition` for what the runtime cannot do, `invalidArgument` for what is no
    ///   such thing.
    func apply(
        _ adjustment: ContainerAdjustment, to spec: inout Spec,
        _ resources: inout LinuxContainerResources?
    ) throws {
        for (key, value) in adjustment.annotations.sorted(by: { $0.key < $1.key }) {
            if let removed = key.removedKey {
                spec.annotations[removed] = nil
            } else {
                spec.annotations[key] = value
            }
        }
        try apply(adjustment.env, to: &spec.process)
        if !adjustment.args.isEmpty { spec.process.args = adjustment.args }
        if let hooks = adjustment.hooks { try apply(hooks, to: &spec) }
        for limit in adjustment.rlimits { set(limit, in: &spec.process) }
        if let linux = adjustment.linux { try apply(linux, to: &spec, &resources) }
        try apply(adjustment.mounts, to: &spec)
        spec.ociVersion = features.ociVersion(of: spec)
    }

    private func apply(_ variables: [NRI.KeyValue], to process: inout Spec.Process) throws {
        for variable in variables {
            if let removed = variable.key.removedKey {
                process.remove(variable: removed)
                continue
            }
            guard let first = variable.key.utf8.first, first != UInt8(ascii: "=") else {
                throw GantryError(
                    .invalidArgument, "a plugin sets a variable without a name: \"\(variable.key)\""
                )
            }
            process.set(variable: "\(variable.key)=\(variable.value)")
        }
    }

    private func apply(_ hooks: NRI.Hooks, to spec: inout Spec) throws {
        var made = Spec.Hooks()
        made.prestart = try hooks.prestart.map(Spec.Hook.init)
        made.createRuntime = try hooks.createRuntime.map(Spec.Hook.init)
        made.createContainer = try hooks.createContainer.map(Spec.Hook.init)
        made.startContainer = try hooks.startContainer.map(Spec.Hook.init)
        made.poststart = try hooks.poststart.map(Spec.Hook.init)
        made.poststop = try hooks.poststop.map(Spec.Hook.init)
        var all = spec.hooks ?? Spec.Hooks()
        all.append(made)
        spec.hooks = all == Spec.Hooks() ? nil : all
    }

    private func set(_ limit: NRI.Rlimit, in process: inout Spec.Process) {
        var limits = process.rlimits ?? []
        limits.removeAll { $0.type == limit.type }
        limits.append(.init(limit.type, soft: limit.soft, hard: limit.hard))
        process.rlimits = limits
    }

    private func apply(_ mounts: [NRI.Mount], to spec: inout Spec) throws {
        if mounts.isEmpty { return }
        for mount in mounts {
            if let removed = mount.destination.removedKey {
                spec.removeMount(removed)
                continue
            }
            guard mount.destination.utf8.first == UInt8(ascii: "/") else {
                throw GantryError(
                    .invalidArgument, "the mount \"\(mount.destination)\" is not absolute")
            }
            spec.replace(
                Spec.Mount(
                    mount.destination, type: mount.type.isEmpty ? nil : mount.type,
                    source: mount.source.isEmpty ? nil : mount.source, options: mount.options))
            propagate(mount.options, &spec.linux.rootfsPropagation)
        }
        spec.sortMounts()
    }

    /// A mount that is to get mounts from the node needs a root that does.
    private func propagate(_ options: [String], _ root: inout String?) {
        if options.contains("rshared") || options.contains("shared") {
            root = "rshared"
        } else if options.contains("rslave") || options.contains("slave"), root != "rshared" {
            root = "rslave"
        }
    }
}

extension Spec.Hook {
    fileprivate init(_ hook: NRI.Hook) throws {
        guard hook.path.utf8.first == UInt8(ascii: "/") else {
            throw GantryError(
                .invalidArgument, "the path \"\(hook.path)\" of a hook is not absolute")
        }
        self.init(
            path: hook.path, args: hook.args.isEmpty ? nil : hook.args,
            env: hook.env.isEmpty ? nil : hook.env,
            timeout: hook.timeout.map { Int(clamping: $0.value) })
    }
}
