internal import Model
internal import System

/// `containerEdits` of a CDI file (its SPEC.md, "Container edits").
struct CDIEdits: Decodable, Sendable {
    struct DeviceNode: Decodable, Sendable {
        let path: String
        let hostPath: String?
        let type: String?
        let major: Int64?
        let minor: Int64?
        let fileMode: UInt32?
        let permissions: String?
        let uid: UInt32?
        let gid: UInt32?
    }

    struct Mount: Decodable, Sendable {
        let hostPath: String
        let containerPath: String
        let type: String?
        let options: [String]?
    }

    struct Hook: Decodable, Sendable {
        let hookName: Spec.Hooks.Stage
        let path: String
        let args: [String]?
        let env: [String]?
        let timeout: Int?
    }

    let env: [String]?
    let deviceNodes: [DeviceNode]?
    let mounts: [Mount]?
    let hooks: [Hook]?
    let additionalGids: [UInt32]?
    /// What Gantry has nothing for.
    let intelRdt: JSONValue?
    let netDevices: JSONValue?

    /// - Throws: `failedPrecondition` for a device that the node lacks, `unimplemented` for edits
    ///   that Gantry cannot make.
    func injection(_ paths: HostPaths) async throws -> Injection {
        guard intelRdt == nil, netDevices == nil else {
            throw GantryError(.unimplemented, "intelRdt and netDevices are not built")
        }
        var injection = Injection()
        injection.environment = env ?? []
        for node in deviceNodes ?? [] { injection.devices.append(try await node.resolved(paths)) }
        injection.mounts = (mounts ?? []).map(\.bind)
        for hook in hooks ?? [] { injection.hooks.add(hook.hook, at: hook.hookName) }
        injection.groups = (additionalGids ?? []).filter { $0 != 0 }
        return injection
    }
}

extension CDIEdits.DeviceNode {
    /// What the file does not say is as on the node.
    fileprivate func resolved(_ paths: HostPaths) async throws -> HostDevice {
        let host = hostPath ?? path
        var device: HostDevice
        // A minor number of 0 is not written (cdi's specs-go has `omitempty`), and FIFOs have no numbers.
        if let type, type == "p" || (major ?? 0) != 0 {
            let node = Spec.Device(path: path, type: type, major: major ?? 0, minor: minor ?? 0)
            device = HostDevice(node, source: host, access: permissions ?? "rwm")
        } else {
            let found = try await HostDevice.resolve(
                Device(containerPath: path, hostPath: host, permissions: permissions ?? ""), paths)
            guard let first = found.first, found.count == 1 else {
                throw GantryError(.failedPrecondition, "\(host) is not one device")
            }
            device = first
        }
        device.device.fileMode = fileMode ?? device.device.fileMode
        device.device.uid = uid ?? device.device.uid
        device.device.gid = gid ?? device.device.gid
        return device
    }
}

extension CDIEdits.Mount {
    fileprivate var bind: Spec.Mount {
        Spec.Mount(
            containerPath, type: type ?? "bind", source: hostPath, options: options ?? ["rbind"])
    }
}

extension CDIEdits.Hook {
    fileprivate var hook: Spec.Hook {
        Spec.Hook(path: path, args: args, env: env, timeout: timeout)
    }
}
