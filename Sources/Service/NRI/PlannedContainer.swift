internal import Model
internal import NRI
internal import OCI
internal import System

extension SandboxContainer {
    /// The `linux.cgroupsPath` that a plugin chose.
    var chosenCgroup: String? { AdjustmentRecord(encoded: details.adjustment)?.cgroupsPath }
}

/// A container that is about to be created, as plugins see it and change it.
extension ContainerPlan {
    var message: NRI.Container {
        NRI.Container(id: id, sandbox, config, spec, imageId: image.id)
    }

    mutating func apply(_ creation: ContainerCreation) async throws {
        guard let record = AdjustmentRecord(creation) else { return }
        let devices = creation.adjustment.cdiDevices.map(\.name)
        if !devices.isEmpty {
            spec.add(
                try await CDIDevices(
                    directories: node.settings.cdiDirectories, paths: node.hostPaths
                ).injection(of: devices))
        }
        let className = creation.adjustment.linux?.resources?.blockioClass?.value ?? ""
        let adjustment = SpecAdjustment(
            features: handler.features, host: node.host, handler: handler.name,
            blockIO: className.isEmpty
                ? nil
                : try await BlockIOClasses(path: node.settings.blockIOConfigFile)
                    .limits(of: className))
        try adjustment.apply(creation.adjustment, to: &spec, &resources)
        if let path = record.cgroupsPath { try await check(cgroup: path) }
        self.adjustment = record.encoded
    }

    /// What is there would be killed with the container.
    private func check(cgroup path: String) async throws {
        try CgroupPath.check(chosen: path, node.cgroupDriver)
        let there = CgroupRemains(CgroupPath.directory(ofSpec: path))
        guard try await Blocking.run({ !there.isOccupied }) else {
            throw GantryError(
                .failedPrecondition,
                "a plugin asks for the cgroup \"\(path)\", in which there is something else")
        }
    }
}
