internal import Model
internal import Text

extension Spec {
    /// Adds an injection to a finished spec, over what is there.
    public mutating func add(_ injection: Injection) {
        for entry in injection.environment { process.set(variable: entry) }
        for device in injection.devices { add(device.device, access: device.access) }
        for mount in injection.mounts { replace(mount) }
        var all = hooks ?? Hooks()
        all.add(injection.hooks)
        hooks = all == Hooks() ? nil : all
        let groups = process.user.additionalGids ?? []
        process.user.additionalGids = groups + injection.groups.filter { !groups.contains($0) }
    }

    /// A device node, and the right to use it.
    public mutating func add(_ device: Device, access: String = "rwm") {
        removeDevice(device.path)
        linux.devices = (linux.devices ?? []) + [device]
        // The right to use a FIFO is its file's alone.
        if device.type == "p" { return }
        var resources = linux.resources ?? Resources()
        resources.devices =
            (resources.devices ?? []) + [
                DeviceRule(
                    allow: true, type: device.type, major: device.major, minor: device.minor,
                    access: access)
            ]
        linux.resources = resources
    }

    public mutating func removeDevice(_ path: String) {
        linux.devices?.removeAll { $0.path.isSame(as: path) }
    }

    /// A mount in the place of what was to be there. Call `sortMounts` after the last.
    public mutating func replace(_ mount: Mount) {
        removeMount(mount.destination)
        mounts.append(mount)
    }

    public mutating func removeMount(_ destination: String) {
        mounts.removeAll { $0.destination.isSame(as: destination) }
    }

    /// So that none hides another: parents first, else as they are.
    public mutating func sortMounts() {
        mounts = mounts.enumerated().sorted {
            ($0.element.parts, $0.offset) < ($1.element.parts, $1.offset)
        }.map(\.element)
    }
}

extension Spec.Mount {
    fileprivate var parts: Int { destination.utf8.split(separator: UInt8(ascii: "/")).count }
}

extension Spec.Process {
    /// `NAME=value`, in the place of one of the same name.
    public mutating func set(variable entry: String) {
        let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
        let place = env.firstIndex {
            $0.utf8.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name)
        }
        if let place { env[place] = entry } else { env.append(entry) }
    }

    public mutating func remove(variable name: String) {
        env.removeAll { entry in
            entry.utf8.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name.utf8)
        }
    }
}

extension Spec.Hooks {
    /// Adds those of another, stage by stage.
    public mutating func append(_ other: Spec.Hooks) { add(other) }
}
