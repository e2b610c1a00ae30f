public import Model
internal import Synchronization
public import System

extension NetworkPlugins {
    /// The attachments that are not taken back yet.
    public func attachments() async throws -> [Attachment.ID] { try await records.all() }

    /// Tells plugins that this node has started from other programs. Those of a process that was
    /// killed must end before there is another operation on their container (section 3, Lifecycle &
    /// Ordering).
    public func startedPlugins() async throws -> @Sendable (RunningProgram) -> Bool {
        let containers = Set(try await records.all().map { "CNI_CONTAINERID=\($0.sandboxId)" })
        return { $0.environment.contains(where: containers.contains) }
    }

    /// Takes back what is left of pods that are no more: DEL for every recorded attachment that is
    /// not kept, then, for a network of 1.1, GC of every plugin.
    ///
    /// May run beside other operations; attachments that this object made since it was created are
    /// kept in any case.
    /// - Returns: what failed. It stays to be done at the next call.
    public func collectGarbage(keeping kept: Set<Attachment.ID>) async -> [GantryError] {
        var failures: [GantryError] = []
        do {
            try await records.sweep()
            for id in try await records.all() where !kept.contains(id) {
                await collect(&failures) { try await removeStale(id) }
            }
            let network = try await source.current()
            if network.version.hasStatus && !network.configuration.disableGC {
                failures += await gate.perform(.everything) { await collect(in: network, kept) }
            }
        } catch is NotReady {
            // Without a network there is nobody to ask.
        } catch {
            failures.append(PluginFailure.describe("collect garbage of the network", error))
        }
        return failures
    }

    private func removeStale(_ id: Attachment.ID) async throws {
        try await gate.perform(.container(id.sandboxId)) {
            if own.withLock({ $0.contains(id) }) { return }
            try await takeBack(id, knowing: nil)
        }
    }

    /// Every plugin is asked, whatever the others answer (section 3, Garbage-collecting a network).
    private func collect(
        in network: SelectedNetwork, _ kept: Set<Attachment.ID>
    ) async -> [GantryError] {
        var failures: [GantryError] = []
        let valid = JSONValue.array(kept.union(own.withLock { $0 }).map(Self.entry))
        for plugin in network.configuration.plugins {
            await collect(&failures) {
                let request = plugin.request(
                    network: network.configuration.name, version: network.version)
                var members = request.object ?? [:]
                members["cni.dev/valid-attachments"] = valid
                // The name in the first text of 1.1, which plugins were written to.
                members["cni.dev/attachments"] = valid
                _ = try await plugins.run(
                    .collectGarbage, plugin.type, input: .object(members))
            }
        }
        return failures
    }

    private static func entry(_ id: Attachment.ID) -> JSONValue {
        ["containerID": .string(id.sandboxId), "ifname": .string(id.interface)]
    }

    private func collect(
        _ failures: inout [GantryError], _ step: () async throws -> Void
    ) async {
        do {
            try await step()
        } catch {
            failures.append(PluginFailure.describe("collect garbage of the network", error))
        }
    }
}
