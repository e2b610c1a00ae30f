internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import TTRPC

/// A program of the plugins' directory, which is started with its end of a socket as descriptor 3.
struct LaunchedPlugin: Sendable {
    let path: String
    let name: PluginName
    let configuration: String
    private let mark: String

    /// By which plugins that a daemon has started are found again.
    static func mark(_ settings: NRISettings) -> String { "GANTRY_NRI_SOCKET=\(settings.socket)" }

    /// What is there to be started. A file that cannot be one is told of, and passed over.
    static func find(_ settings: NRISettings, _ backend: any PluginBackend) async -> [Self] {
        let names = (try? await Blocking.run { try Files.list(settings.pluginDirectory) }) ?? []
        var found: [LaunchedPlugin] = []
        for file in names.sorted() {
            do {
                let plugin = try await Blocking.run { try Self.program(file, settings) }
                if let plugin { found.append(plugin) }
            } catch {
                backend.log(
                    .warning, "\(settings.pluginDirectory)/\(file) is not started: \(error)")
            }
        }
        return found
    }

    private static func program(_ file: String, _ settings: NRISettings) throws -> Self? {
        let path = "\(settings.pluginDirectory)/\(file)"
        var attributes = stat()
        guard stat(path, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG,
            attributes.st_mode & 0o111 != 0
        else { return nil }
        let name = try PluginName(file: file)
        return LaunchedPlugin(
            path: path, name: name, configuration: try configuration(of: name, settings),
            mark: mark(settings))
    }

    /// That of the whole name counts more than that of the name without its index.
    private static func configuration(
        of name: PluginName, _ settings: NRISettings
    ) throws -> String {
        for file in [name.file, name.base] {
            let path = "\(settings.configDirectory)/\(file).conf"
            if Files.exists(path) { return try Files.readText(path) }
        }
        return ""
    }

    /// Starts it. This blocks.
    func start() throws -> (SocketLink, LaunchedProcess) {
        var ends: [Int32] = [-1, -1]
        try syscall("socketpair") { gantry_socket_pair(&ends) }
        let ours = Descriptor(owning: ends[0])
        let theirs = Descriptor(owning: ends[1])
        let command = Command(
            path, [],
            environment: [
                "NRI_PLUGIN_NAME=\(name.base)", "NRI_PLUGIN_IDX=\(name.index)",
                "NRI_PLUGIN_SOCKET=3", mark,
            ])
        let program = try SpawnedProgram.start(
            command, input: -1, output: -1, error: -1, inherited: [theirs.raw])
        return (SocketLink(ours), LaunchedProcess(program: program))
    }
}

/// A plugin's program.
struct LaunchedProcess: Sendable {
    let program: SpawnedProgram

    func kill() { program.kill() }
}
