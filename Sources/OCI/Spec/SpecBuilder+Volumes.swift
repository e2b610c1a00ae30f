internal import Kernel
public import Model
internal import Text

extension SpecBuilder {
    func volume(_ host: HostMount) throws -> Spec.Mount {
        let mount = host.mount
        guard !mount.containerPath.isEmpty else {
            throw GantryError(.invalidArgument, "mounts: a mount has no container_path")
        }
        try mount.checkMappings()
        let access = try access(mount)
        var options = ["rbind", try propagation(host), access]
        options += try flags(mount)
        let uids = host.isMapped ? [] : mount.uidMappings.map(Spec.IDMapping.init)
        let gids = host.isMapped ? [] : mount.gidMappings.map(Spec.IDMapping.init)
        if !uids.isEmpty || !gids.isEmpty { options.append(try idMapped(mount)) }
        return Spec.Mount(
            Path.cleaned(mount.containerPath), type: "bind", source: host.source, options: options,
            uidMappings: uids.isEmpty ? nil : uids, gidMappings: gids.isEmpty ? nil : gids)
    }

    /// KEP-5855 has these three. Others could undo what the other fields ask for.
    private func flags(_ mount: Mount) throws -> [String] {
        let known: Set = ["noexec", "nodev", "nosuid"]
        if let other = mount.mountOptions.first(where: { !known.contains($0) }) {
            throw GantryError(
                .invalidArgument,
                "mount_options: mount option \"\(other)\" of \(mount.containerPath) is none of "
                    + "noexec, nodev and nosuid")
        }
        guard mount.isOfImage else { return mount.mountOptions }
        // Whoever made the image brings no privileges and no devices along. Its programs may run: critest
        // asks for it, though KEP-4639 once had noexec too.
        return mount.mountOptions
            + ["nodev", "nosuid"].filter { !mount.mountOptions.contains($0) }
    }

    private func idMapped(_ mount: Mount) throws -> String {
        guard request.features.mapsIDs else {
            throw GantryError(
                .failedPrecondition,
                "runtime handler \(request.handler.name) has no id-mapped mounts, which "
                    + "\(mount.containerPath) needs")
        }
        return "ridmap"
    }

    /// Mounts travel only along mounts that are shared, so the source's must be (mount_namespaces(7)).
    private func propagation(_ host: HostMount) throws -> String {
        switch host.mount.propagation {
        case .private: return "rprivate"
        case .hostToContainer:
            try require(host, host.sharing != .unshared, "shared or slave")
            return "rslave"
        case .bidirectional:
            try require(host, host.sharing == .shared, "shared")
            return "rshared"
        }
    }

    private func require(_ host: HostMount, _ holds: Bool, _ kind: String) throws {
        guard holds else {
            throw GantryError(
                .invalidArgument,
                "mounts.propagation: \(host.source) is not on a \(kind) mount, which its propagation "
                    + "needs")
        }
    }

    /// CRI, `Mount.recursive_read_only`: "when set to true, readonly must be explicitly set to true,
    /// and propagation must be PRIVATE".
    private func access(_ mount: Mount) throws -> String {
        guard mount.recursiveReadOnly else { return mount.readonly ? "ro" : "rw" }
        guard mount.readonly, mount.propagation == .private else {
            throw GantryError(
                .invalidArgument,
                "recursive_read_only of \(mount.containerPath) needs readonly and private propagation"
            )
        }
        guard request.features.mountsRecursivelyReadOnly else {
            throw GantryError(
                .invalidArgument,
                "RROUnsupported: recursive_read_only: runtime handler \(request.handler.name) has no "
                    + "recursive read-only mounts")
        }
        return "rro"
    }
}

extension Mount {
    /// Whether it is an image's files that are to be there.
    public var isOfImage: Bool { image.map { $0 != ImageSpec() } ?? false }

    /// - Throws: `invalidArgument` for mappings of one kind of IDs alone, or of no IDs.
    public func checkMappings() throws(GantryError) {
        guard uidMappings.isEmpty == gidMappings.isEmpty,
            (uidMappings + gidMappings).allSatisfy({ $0.length > 0 })
        else {
            throw GantryError(
                .invalidArgument,
                "mount \(containerPath) wants uidMappings and gidMappings, or neither, and lengths "
                    + "over 0")
        }
    }
}
