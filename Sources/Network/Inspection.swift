internal import Kernel
internal import Model
internal import System
internal import Text

/// What a look at the network's configuration and plugins shows.
public struct NetworkInspection: Sendable {
    public struct Plugin: Sendable {
        public let type: String
        /// Nil when it is in none of the directories.
        public let path: String?
        /// The versions of the CNI that it says it has; empty when it does not answer.
        public let versions: [String]
        /// What it says of itself; empty when it says nothing.
        public let about: String
    }

    /// The file that counts; empty when there is none.
    public let file: String
    public let name: String
    /// Files before it that cannot be used, with the reason.
    public let skipped: [String]
    public let plugins: [Plugin]
    public let readiness: Readiness
}

extension NetworkPlugins {
    /// Asks each plugin of the network for its versions. Nothing is attached.
    public func inspect() async -> NetworkInspection {
        let loaded = try? await source.configuration()
        var found: [NetworkInspection.Plugin] = []
        for plugin in Self.types(loaded?.configuration) { found.append(await inspect(plugin)) }
        return NetworkInspection(
            file: loaded?.path ?? "", name: loaded?.configuration?.name ?? "",
            skipped: loaded?.skipped ?? [], plugins: found, readiness: await readiness())
    }

    /// The plugins of the list, and those that they hand the giving of addresses to.
    private static func types(_ configuration: NetworkConfiguration?) -> [String] {
        let plugins = configuration?.plugins ?? []
        return plugins.flatMap { plugin in
            [plugin.type] + [plugin.document["ipam"]?["type"]?.string].compactMap { $0 }
        }
    }

    private func inspect(_ type: String) async -> NetworkInspection.Plugin {
        let path = try? await Blocking.run { [plugins] in try plugins.locate(type).path }
        guard let path else { return .init(type: type, path: nil, versions: [], about: "") }
        let versions = await source.supportedVersions(of: type)
        return .init(
            type: type, path: path, versions: versions.sorted().map(\.rawValue),
            about: await about(path))
    }

    /// The plugins of the CNI project name themselves when they are run without a command.
    private func about(_ path: String) async -> String {
        let command = Command(path, [], limit: .seconds(5), outputLimit: 4096)
        guard let output = try? await command.run() else { return "" }
        let lines = (output.text + output.errorText).split(at: "\n")
        let line = lines.first.map(String.init) ?? ""
        return line.begins(with: "CNI") ? line : ""
    }
}
