internal import Model
internal import Network
internal import Store

extension NodeCheck {
    private static let area = "network"

    /// The CNI configuration that counts, and each of its plugins.
    func network() async -> [Finding] {
        let plugins = NetworkPlugins(
            configurationDirectories: settings.networkConfigDirectories,
            pluginDirectories: settings.networkPluginDirectories,
            cacheDirectory: paths.networkCache, limit: .seconds(10))
        let found = await plugins.inspect()
        let left = await attachmentsOfNoPod(plugins)
        return readiness(found) + found.skipped.map(skipped) + found.plugins.map(plugin) + left
    }

    /// What pods that are stopped or removed could not give back, since a plugin was not there.
    private func attachmentsOfNoPod(_ plugins: NetworkPlugins) async -> [Finding] {
        let recorded = (try? await plugins.attachments()) ?? []
        guard !recorded.isEmpty,
            let store = try? StoreInspection(root: paths.root, runRoot: paths.runRoot),
            store.damage == nil
        else { return [] }
        let pods = store.sandboxes.filter { $0.phase != SandboxPhase.stopped.rawValue }.map(\.id)
        return recorded.map(\.sandboxId).filter { !pods.contains($0) }.sorted().map {
            .warning(
                Self.area, "the network of pod \($0), which is stopped, was not taken back",
                "install its plugins again and restart the daemon, or free its addresses by hand")
        }
    }

    private func readiness(_ found: NetworkInspection) -> [Finding] {
        switch found.readiness {
        case .ready:
            return [.ok(Self.area, "\(found.name), by \(found.file)")]
        case .notReady(let reason, let message):
            let directories = settings.networkConfigDirectories.joined(separator: ", ")
            return [
                .problem(
                    Self.area, "\(reason): \(message)",
                    "install the cluster's network, which writes its configuration into \(directories)"
                )
            ]
        }
    }

    private func skipped(_ file: String) -> Finding {
        .warning(Self.area, "passed over: \(file)", "mend it or move it away")
    }

    private func plugin(_ plugin: NetworkInspection.Plugin) -> Finding {
        guard let path = plugin.path else {
            let directories = settings.networkPluginDirectories.joined(separator: ", ")
            return .problem(
                Self.area, "the plugin \(plugin.type) is in none of \(directories)",
                "install it (containernetworking-plugins), or set cni_plugin_dirs")
        }
        guard let newest = plugin.versions.last else {
            return .warning(
                Self.area, "\(path) does not answer VERSION", "see whether it is a CNI plugin")
        }
        let about = plugin.about.isEmpty ? "" : ": \(plugin.about)"
        return .ok(Self.area, "\(path)\(about), CNI \(newest)")
    }
}
