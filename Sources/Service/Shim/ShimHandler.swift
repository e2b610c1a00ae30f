internal import Kernel
internal import OCI
internal import Shim
internal import System
internal import Text

/// A handler that is a shim: its program, and what that is told of the runtime below it.
struct ShimHandler: Sendable {
    var program: ShimProgram
    let options: TypedMessage?
    /// A file of its own; empty: none.
    let configFile: String
    /// Whether what it tells of processes is not to be taken for the node's.
    let hidesProcesses: Bool
    /// Whether it is runc's, whose calls have options of their own.
    let isRunc: Bool
    /// Whether it makes pods' sandboxes by its sandbox API.
    let makesSandboxes: Bool
    /// The time that what it does for a whole sandbox may take.
    let limit: Duration

    /// Has the program say what it is.
    /// - Throws: `unavailable` with its own words.
    static func probe(
        _ handler: Handler, _ driver: OCI.CgroupDriver, _ paths: Paths, limit: Duration
    ) async throws -> (ShimHandler, ProbedHandler) {
        var program = ShimProgram(
            path: handler.path, socketDirectory: paths.shimSockets, limit: limit)
        let name = try await program.probe()
        var probed = handler
        probed.found[.infra] = true
        // To take a machine's process for a container's would be worse than the other way around.
        probed.found[.hiddenProcesses] = !isRunc(name)
        var features = HandlerFeatures(version: name)
        if handler.has(.recursiveReadOnly) { features.mountOptions.insert("rro") }
        features.mapsIDs = handler.has(.mappedMounts)
        return (
            ShimHandler(
                program: program, options: options(handler, name, driver),
                configFile: handler.shim.configPath,
                hidesProcesses: probed.hidesProcesses, isRunc: isRunc(name),
                makesSandboxes: handler.makesSandboxes, limit: limit),
            ProbedHandler(handler: probed, features: features)
        )
    }

    private static func isRunc(_ name: String) -> Bool {
        name.begins(with: "io.containerd.runc.")
    }

    /// runc's shim has options of its own; all others that are known have a file.
    private static func options(
        _ handler: Handler, _ name: String, _ driver: OCI.CgroupDriver
    ) -> TypedMessage? {
        let keys = handler.shim
        if !keys.configPath.isEmpty || !keys.configBody.isEmpty {
            return ShimProgram.options(
                file: keys.configPath, type: keys.configType, body: keys.configBody)
        }
        guard isRunc(name) else { return nil }
        return ShimProgram.options(
            runtime: keys.binary, root: handler.root, systemdCgroup: driver == .systemd)
    }
}
