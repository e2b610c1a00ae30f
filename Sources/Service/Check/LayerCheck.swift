internal import Image
internal import Store
internal import System

extension NodeCheck {
    private static let area = "layers"

    /// Whether each image has all of its layers, and each layer an image or a container.
    func layers(altered: [String: LayerDamage]) -> [Finding] {
        guard let store = try? StoreInspection(root: paths.root, runRoot: paths.runRoot),
            store.damage == nil
        else { return [] }
        let layers = LayerInspection(root: paths.root, formats: LayerFormats(settings, paths))
        let damaged = store.images.compactMap { image in
            damage(image, layers) ?? (isDeep ? damage(image, layers, altered) : nil)
        }
        let needed = Set(
            store.images.flatMap { $0.layers.map(\.chain) } + store.containers.flatMap(\.layers))
        let unneeded = layers.sound.union(layers.broken).subtracting(needed)
        var findings = damaged
        if damaged.isEmpty {
            let how = isDeep ? "here, and as they were pulled" : "here"
            findings.append(.ok(Self.area, "all layers of \(store.images.count) images are \(how)"))
        }
        if !unneeded.isEmpty && !isRunning { findings.append(leftover(unneeded.count)) }
        return findings
    }

    /// By chain ID, what is wrong with the layers that are not as they were.
    func alteredLayers() async -> [String: LayerDamage] {
        let layers = try? await Blocking.run { [paths, settings] in
            LayerInspection(root: paths.root, formats: LayerFormats(settings, paths))
        }
        return await layers?.altered(workers) ?? [:]
    }

    private func damage(_ image: ImageRow, _ layers: LayerInspection) -> Finding? {
        guard let damage = Quarantine.damage(image, missing: layers.missing) else { return nil }
        return .problem(
            Self.area, "image \(Quarantine.name(image)): \(damage)",
            "restart the daemon or gantry check --repair, and pull it again (gantry image pull)")
    }

    private func damage(
        _ image: ImageRow, _ layers: LayerInspection, _ altered: [String: LayerDamage]
    ) -> Finding? {
        let chains = image.layers.map(\.chain)
        // An index is that of the images whose uppermost layer has it.
        let damaged = chains.first { chain in
            altered[chain].map { $0.part != .index || chain == chains.last } ?? false
        }
        var reason = damaged.map { "layer \($0): \(altered[$0]?.reason ?? "")" }
        if let index = layers.indexDigest(chains), !image.index.isEmpty, index != image.index {
            reason = "its index is recorded as \(image.index), and \(index) is there"
        }
        return reason.map {
            .problem(
                Self.area, "image \(Quarantine.name(image)): \($0)",
                "gantry check --deep --repair, and pull it again (gantry image pull)")
        }
    }

    private func leftover(_ count: Int) -> Finding {
        .warning(
            Self.area, "\(count) layers belong to no image",
            "the daemon's next start, or gantry check --repair, removes them")
    }
}

extension LayerInspection {
    /// By chain ID, what is wrong with the layers that are not as they were.
    func altered(_ workers: ImageWorkers) async -> [String: LayerDamage] {
        var altered: [String: LayerDamage] = [:]
        for chain in sound { altered[chain] = await damage(of: chain, by: workers) }
        return altered
    }

    /// Has the daemon's next start forget the images whose layers are not as they were.
    static func condemnAltered(in root: String, _ workers: ImageWorkers) async throws {
        let layers = try await Blocking.run {
            LayerInspection(root: root, formats: LayerFormats(below: root))
        }
        for (chain, damage) in await layers.altered(workers) {
            try layers.condemn(damage.part, of: chain)
        }
    }
}

extension LayerFormats {
    /// What counts on the node, as far as it works.
    init(_ settings: Settings, _ paths: Paths) {
        let found = LayerFormats(below: paths.root)
        self = (try? found.preferring(settings.layerFormat)) ?? found
    }
}
