internal import Kernel
internal import Model
internal import Shim
internal import System

/// Shims that have one container each, and another for the next, as gVisor's unless it is told to group. Which
/// kind one is, its `start` says: for a container it gives the address of the pod's, or of a new one.
extension ShimTasks {
    /// Finds out which shim is to have a new container, starts it where need be, and stores it.
    ///
    /// As with a pod's, the record is there before the shim.
    func shimRecord(of id: String, beside pod: ShimRecord) async throws -> ShimRecord {
        guard id != sandbox else { return pod }
        let version = try await shim.version
        if shim.makesSandboxes || connections.isShared(version) {
            return try await store(pod, of: id)
        }
        var own = ShimRecord(
            sandbox: sandbox, container: id, bundle: sandboxBundle, program: shim.program.path)
        own.events = pod.events
        _ = try await store(own, of: id)
        let bootstrap = try await program(of: pod).start(
            id, bundle: bundle(id), options: shim.options)
        failpoint("CreateContainer/shim started")
        if bootstrap.socket == pod.bootstrap?.socket {
            connections.noteShared(version)
            return try await store(pod, of: id)
        }
        own.bootstrap = bootstrap
        return try await store(own, of: id)
    }

    private func store(_ record: ShimRecord, of id: String) async throws -> ShimRecord {
        try await record.write(in: bundle(id))
        failpoint("CreateContainer/shim recorded")
        return record
    }

    func isPods(_ bootstrap: Bootstrap) async throws -> Bool {
        try await record()?.bootstrap?.socket == bootstrap.socket
    }

    /// Removes a container together with its own shim.
    func delete(_ id: String, _ own: ShimRecord, force: Bool) async throws {
        guard let client = try await client(own) else { return try await end(own, nil) }
        let process = (try? await client.process(of: id)).flatMap { PidDescriptor($0) }
        var isRemoved = false
        do {
            // What was never started goes with its shim: its Delete may wait for streams that nobody has.
            if (try? await client.state(id).status) != .created {
                try await remove(id, client, force: force)
                isRemoved = true
            }
        } catch let error as GantryError where force || error.code == .unavailable {
            process?.kill()
        }
        try await end(own, process, isDeleted: isRemoved)
    }
}

/// A shim's program and its options as they are now.
struct ShimVersion: Hashable, Sendable {
    let program: FileVersion?
    let configuration: FileVersion?
    let options: TypedMessage?
}

extension ShimHandler {
    var version: ShimVersion {
        get async throws {
            try await Blocking.run { [program, configFile, options] in
                ShimVersion(
                    program: FileVersion(program.path), configuration: FileVersion(configFile),
                    options: options)
            }
        }
    }
}
