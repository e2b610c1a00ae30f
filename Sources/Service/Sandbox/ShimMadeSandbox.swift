internal import CRI
internal import Logging
internal import Model
internal import OCI
internal import Shim

/// A pod whose sandbox its shim makes (`sandboxer = "shim"`), in the place of our infra container.
extension SandboxResources {
    private var shim: ShimHandler? {
        get throws { try node.handlers.named(sandbox.handler).shim }
    }

    /// Whether a new pod is one.
    var isMadeByShim: Bool {
        get throws { try shim?.makesSandboxes ?? false }
    }

    private var tasks: ShimTasks? {
        get throws { try shim.map { node.tasks($0, of: sandbox.id) } }
    }

    /// What goes wrong with a shim's API is its handler's and that key's.
    func asSandboxer<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard try isMadeByShim else { return try await body() }
        do {
            return try await body()
        } catch {
            throw GantryError(
                "runtime handler \(sandbox.handler) (sandboxer = \"shim\")", from: error)
        }
    }

    /// Once the pod's network is there: a machine takes over its interfaces.
    func startSandbox() async throws {
        guard let tasks = try tasks else { return }
        let runtime = try node.runtime(of: sandbox)
        var config = sandbox.config
        config.annotations = runtime.handler.annotations(config.annotations)
        let pid = try await tasks.makeSandbox(
            config: try config.encoded(),
            network: sandbox.usesHostNetwork ? "" : paths.namespace("net"),
            within: runtime.createLimit)
        sandbox.update { $0.infraPid = pid }
    }

    /// From when the pod is ready on: one that has ended before is told of all the same.
    func followSandbox() {
        if let tasks = try? tasks, tasks.shim.makesSandboxes { node.follow(sandbox, tasks) }
    }

    /// Safe to repeat.
    func stopSandbox() async throws {
        if let error = try await tasks?.stopSandbox() {
            node.log.error(
                "the shim of \(sandbox.name) was ended, as it did not stop its sandbox: \(error)")
        }
        sandbox.update { $0.infraPid = nil }
    }

    /// Ends the shim of a stopped pod. Safe to repeat.
    func shutDownSandbox() async throws {
        try await (try? tasks)?.shutDownSandbox()
    }

    /// After a restart of the daemon.
    /// - Returns: nil for a pod whose sandbox is none of its shim's.
    func recoverSandbox() async throws -> (isAlive: Bool, process: Int32?)? {
        guard let tasks = try? tasks, let record = try await tasks.record(),
            record.makesSandbox == true
        else { return nil }
        guard try await tasks.client(record) != nil else { return (false, nil) }
        if sandbox.phase == .ready { node.follow(sandbox, tasks, isAfterRestart: true) }
        return (true, record.process.flatMap { $0 > 0 ? $0 : nil })
    }
}

extension Node {
    fileprivate func follow(
        _ sandbox: Sandbox, _ tasks: ShimTasks, isAfterRestart: Bool = false
    ) {
        nursery.start {
            await SandboxWatch(node: self, sandbox: sandbox, tasks: tasks)
                .run(isAfterRestart: isAfterRestart)
        }
    }
}
