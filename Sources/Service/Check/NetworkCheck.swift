internal import Network

extension NodeCheck {
    private static let area = "network"

    /// The CNI configuration that counts, and each of its plugins.
    func network() async -> [Finding] {
        let plugins = NetworkPlugins(
            configurationDirectories: settings.networkConfigDirectories,
            pluginDirectories: settings.networkPluginDirectories,
            cacheDirectory: paths.networkCache, limit: .seconds(10))
        let found = await plugins.inspect()
        return readiness(found) + found.skipped.map(skipped) + found.plugins.map(plugin)
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
