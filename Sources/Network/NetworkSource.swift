internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// The network that pods are attached to, and the version in which its plugins are spoken to.
struct SelectedNetwork: Sendable {
    let path: String
    let configuration: NetworkConfiguration
    let version: SpecVersion
}

/// Why there is no such network.
struct NotReady: Error, CustomStringConvertible {
    /// The reasons of the CRI's NetworkReady condition.
    enum Reason: String, Sendable {
        case noConfiguration = "NoNetworkConfiguration"
        case invalidConfiguration = "InvalidNetworkConfiguration"
        case pluginMissing = "NetworkPluginMissing"
        case versionUnsupported = "NetworkPluginIncompatible"
        case pluginNotReady = "NetworkPluginNotReady"
    }

    let reason: Reason
    let description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}

/// Finds the network anew at each call, so that a changed directory counts at once.
///
/// That costs a handful of stat(2) calls. Files are read again when one of them changed, and a plugin
/// is asked for its versions again when its executable did.
final class NetworkSource: Sendable {
    private let directories: [String]
    private let plugins: Plugins
    private let loaded = Mutex<LoadedConfiguration?>(nil)
    private let answers = Mutex<[String: (of: FileVersion, versions: Set<SpecVersion>)]>([:])

    init(directories: [String], plugins: Plugins) {
        self.directories = directories
        self.plugins = plugins
    }

    /// The files of the configuration directories as they are now.
    func configuration() async throws -> LoadedConfiguration {
        try await Blocking.run { self.read() }
    }

    /// Blocks the thread.
    private func read() -> LoadedConfiguration {
        let files = ConfigurationFiles(in: directories)
        if let known = loaded.withLock({ $0 }), known.files == files { return known }
        let fresh = files.load()
        loaded.withLock { $0 = fresh }
        return fresh
    }

    /// The configuration and its plugins' executables, in one go: the way to a thread that may block
    /// takes longer than all the stat(2) calls. Blocks the thread.
    private func look() throws -> (LoadedConfiguration, [FileVersion]) {
        let loaded = read()
        let types = loaded.configuration?.plugins.map(\.type) ?? []
        return (loaded, try types.map(plugins.locate))
    }

    /// - Throws: `NotReady`.
    func current() async throws -> SelectedNetwork {
        let (loaded, executables) = try await Blocking.run { try self.look() }
        guard let configuration = loaded.configuration else {
            guard loaded.skipped.isEmpty else {
                throw NotReady(
                    .invalidConfiguration, loaded.skipped.joined(separator: "; "))
            }
            throw NotReady(
                .noConfiguration,
                "no CNI configuration file in \(directories.joined(separator: ", "))")
        }
        let version = try await negotiate(configuration, loaded.path, executables)
        return SelectedNetwork(path: loaded.path, configuration: configuration, version: version)
    }

    /// The newest version that the configuration allows and all of its plugins support.
    private func negotiate(
        _ configuration: NetworkConfiguration, _ path: String, _ executables: [FileVersion]
    ) async throws -> SpecVersion {
        var usable = Set(configuration.versions)
        for (plugin, executable) in zip(configuration.plugins, executables) {
            let supported = await supportedVersions(plugin.type, executable)
            guard !usable.isDisjoint(with: supported) else {
                throw NotReady(
                    .versionUnsupported,
                    "CNI plugin \(plugin.type) supports versions \(Self.list(supported)); "
                        + "\(path) asks for \(Self.list(usable))")
            }
            usable.formIntersection(supported)
        }
        return usable.max() ?? .v010
    }

    private static func list(_ versions: Set<SpecVersion>) -> String {
        versions.sorted().map(\.rawValue).joined(separator: ", ")
    }

    /// A plugin that does not answer is taken at the configuration's word: VERSION is from 0.2, and
    /// plugins that were written by hand leave it out.
    private func supportedVersions(
        _ type: String, _ executable: FileVersion
    ) async -> Set<SpecVersion> {
        if let answer = answers.withLock({ $0[type] }), answer.of == executable {
            return answer.versions
        }
        guard let versions = await ask(type) else { return Set(SpecVersion.allCases) }
        answers.withLock { $0[type] = (executable, versions) }
        return versions
    }

    /// What a plugin says that it supports; empty when it does not answer.
    func supportedVersions(of type: String) async -> Set<SpecVersion> {
        await ask(type) ?? []
    }

    private func ask(_ type: String) async -> Set<SpecVersion>? {
        let newest = JSONValue.string(SpecVersion.v110.rawValue)
        let output = try? await plugins.run(.version, type, input: ["cniVersion": newest])
        let reply = output.flatMap { try? JSONValue(parsing: $0) }
        return (reply?["supportedVersions"]?.array).map { names in
            Set(names.compactMap(\.string).compactMap(SpecVersion.init))
        }
    }
}
