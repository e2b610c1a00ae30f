internal import Image
internal import Store
internal import System

extension NodeCheck {
    private static let area = "layers"

    /// Whether each image has all of its layers, and each layer an image or a container.
    func layers(altered: [String: String]) -> [Finding] {
        guard let store = try? StoreInspection(root: paths.root, runRoot: paths.runRoot),
            store.damage == nil
        else { return [] }
        let layers = LayerInspection(root: paths.root)
        let damaged = store.images.compactMap { image in
            damage(image, layers.sound) ?? damage(image, altered)
        }
        let needed = Set(
            store.images.flatMap { $0.layers.map(\.chain) } + store.containers.flatMap(\.layers))
        let unneeded = layers.sound.union(layers.broken).subtracting(needed)
        var findings = damaged
        if damaged.isEmpty {
            let how = isDeep ? "here, and as they were unpacked" : "here"
            findings.append(.ok(Self.area, "all layers of \(store.images.count) images are \(how)"))
        }
        if !unneeded.isEmpty && !isRunning { findings.append(leftover(unneeded.count)) }
        return findings
    }

    /// By chain ID, what is wrong with the layers whose files are not as they were.
    func alteredLayers() async -> [String: String] {
        let layers = try? await Blocking.run { [paths] in LayerInspection(root: paths.root) }
        return await layers?.altered(workers) ?? [:]
    }

    private func damage(_ image: ImageRow, _ sound: Set<String>) -> Finding? {
        guard let damage = Quarantine.damage(image, has: sound.contains) else { return nil }
        return .problem(
            Self.area, "image \(Quarantine.name(image)): \(damage)",
            "restart the daemon or gantry check --repair, and pull it again (gantry image pull)")
    }

    private func damage(_ image: ImageRow, _ altered: [String: String]) -> Finding? {
        guard let chain = image.layers.map(\.chain).first(where: { altered[$0] != nil }) else {
            return nil
        }
        return .problem(
            Self.area,
            "image \(Quarantine.name(image)): layer \(chain): \(altered[chain] ?? "")",
            "gantry check --deep --repair, and pull it again (gantry image pull)")
    }

    private func leftover(_ count: Int) -> Finding {
        .warning(
            Self.area, "\(count) layers belong to no image",
            "the daemon's next start, or gantry check --repair, removes them")
    }
}

extension LayerInspection {
    /// By chain ID, what is wrong with the layers whose files are not as they were.
    func altered(_ workers: ImageWorkers) async -> [String: String] {
        var altered: [String: String] = [:]
        for chain in sound { altered[chain] = await damage(of: chain, by: workers) }
        return altered
    }

    /// Has the daemon's next start forget the images whose layers are not as they were.
    static func condemnAltered(in root: String, _ workers: ImageWorkers) async throws {
        let layers = LayerInspection(root: root)
        for chain in await layers.altered(workers).keys { try layers.condemn(chain) }
    }
}
