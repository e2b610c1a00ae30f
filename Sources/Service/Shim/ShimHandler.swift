internal import OCI
internal import Shim
internal import System
internal import Text

/// A handler that is a shim: its program, and what that is told of the runtime below it.
struct ShimHandler: Sendable {
    let program: ShimProgram
    let options: TypedMessage?

    /// Has the program say what it is.
    /// - Throws: `unavailable` with its own words.
    static func probe(
        _ handler: Handler, _ driver: OCI.CgroupDriver, _ paths: Paths, limit: Duration
    ) async throws -> (ShimHandler, ProbedHandler) {
        var program = ShimProgram(
            path: handler.path, eventSocket: paths.shimEvents,
            socketDirectory: paths.shimSockets, limit: limit)
        let name = try await program.probe()
        var probed = handler
        probed.found[.infra] = true
        // Figures of containers are those of processes, where they are the node's.
        probed.found[.hiddenProcesses] = false
        var features = HandlerFeatures(version: name)
        if handler.has(.recursiveReadOnly) { features.mountOptions.insert("rro") }
        features.mapsIDs = handler.has(.mappedMounts)
        return (
            ShimHandler(program: program, options: options(handler, name, driver)),
            ProbedHandler(handler: probed, features: features)
        )
    }

    /// runc's shim has options of its own; all others that are known have a file.
    private static func options(
        _ handler: Handler, _ name: String, _ driver: OCI.CgroupDriver
    ) -> TypedMessage? {
        let keys = handler.shim
        if !keys.configPath.isEmpty {
            return ShimProgram.options(file: keys.configPath, type: keys.configType)
        }
        guard name.begins(with: "io.containerd.runc.") else { return nil }
        return ShimProgram.options(
            runtime: keys.binary, root: handler.root, systemdCgroup: driver == .systemd)
    }
}
