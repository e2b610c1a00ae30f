internal import Glibc
internal import Kernel
internal import Model
internal import System

/// The operations of CNI plugins (CNI specification, section 2).
enum PluginCommand: String {
    case add = "ADD"
    case delete = "DEL"
    case check = "CHECK"
    case status = "STATUS"
    case version = "VERSION"
    case collectGarbage = "GC"
}

/// The plugin executables of this node.
struct Plugins: Sendable {
    let directories: [String]
    /// Time that a plugin has for one operation.
    let limit: Duration

    /// The first executable of that name. Blocks the thread.
    func locate(_ type: String) throws -> FileVersion {
        for directory in directories {
            let path = "\(directory)/\(type)"
            if access(path, X_OK) == 0, let file = FileVersion(path) { return file }
        }
        throw NotReady(
            .pluginMissing,
            "CNI plugin \(type) is not in \(directories.joined(separator: ", "))")
    }

    /// Runs a plugin and returns what it printed.
    ///
    /// It gets no environment but the protocol's and a search path. Past its limit it is killed
    /// with the plugins that it delegates to, which are in its session.
    /// - Throws: `PluginError` when it fails; `GantryError.deadlineExceeded`; `SystemError` when it
    ///   cannot be started; `NotReady` when it is not there.
    func run(
        _ command: PluginCommand, _ type: String, parameters: [String] = [], input: JSONValue,
        limit: Duration? = nil
    ) async throws -> [UInt8] {
        let executable = try await Blocking.run { try locate(type) }
        let environment = [
            "CNI_COMMAND=\(command.rawValue)",
            "CNI_PATH=\(directories.joined(separator: ":"))",
        ]
        let program = Command(
            executable.path, [], environment: Command.plainEnvironment + environment + parameters,
            input: try input.bytes(), limit: limit ?? self.limit, outputLimit: 1 << 20)
        let output = try await Trace.span("CNI \(command.rawValue) \(type)") {
            try await ProgramDurations.network.measure(type, command.rawValue) {
                try await program.run()
            }
        }
        guard output.status == 0 else {
            throw PluginError(
                plugin: type, status: output.status, output: output.standardOutput,
                errorText: output.errorText)
        }
        return output.standardOutput
    }
}
