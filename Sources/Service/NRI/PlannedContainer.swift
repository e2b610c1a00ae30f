internal import Model
internal import NRI
internal import OCI

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
                try await CDIDevices(directories: node.settings.cdiDirectories)
                    .injection(of: devices))
        }
        let adjustment = SpecAdjustment(
            features: handler.features, host: node.host, handler: handler.name)
        try adjustment.apply(creation.adjustment, to: &spec, &resources)
        self.adjustment = record.encoded
    }
}
