public import Model
internal import Synchronization
internal import System

/// What a pod got from the network.
public struct NetworkResult: Sendable {
    /// The pod's addresses without prefix lengths, the primary first; never empty.
    public let ips: [String]
    /// The last plugin's result, in the network's version.
    public let raw: JSONValue
    /// What the pod asked for and no plugin of the network can do: `portMappings`, `bandwidth`, ….
    public let ignoredCapabilities: [String]
}

extension NetworkPlugins {
    /// Connects a pod: ADD of each plugin, in order.
    ///
    /// What is about to be done is recorded first. A failure is undone with DEL; where that fails
    /// too, or the process dies or the task is cancelled, the record stays and `remove` or
    /// `collectGarbage` takes it from there.
    /// - Throws: `GantryError`: `invalidArgument` for an attachment that plugins cannot be given,
    ///   `unavailable` without a ready network, otherwise with a `PluginError` as cause.
    /// - Parameter directory: of a handler's own configuration; empty: the node's.
    public func add(
        _ attachment: Attachment, in directory: String = ""
    ) async throws -> NetworkResult {
        let record = try await newRecord(attachment, source(in: directory))
        return try await gate.perform(.container(record.sandboxId)) {
            // A second ADD without DEL is against the specification, section 2.
            try await takeBack(record.id, knowing: nil)
            own.withLock { _ = $0.insert(record.id) }
            try await records.save(record)
            failpoint("RunPodSandbox/network recorded")
            do {
                return try await attach(record)
            } catch {
                throw await undone(record, because: error)
            }
        }
    }

    private func newRecord(
        _ attachment: Attachment, _ source: NetworkSource
    ) async throws -> AttachmentRecord {
        let network: SelectedNetwork
        do {
            network = try await source.current()
        } catch let problem as NotReady {
            throw GantryError(.unavailable, "the network is not ready", cause: problem)
        }
        return try AttachmentRecord(attachment, network)
    }

    private func attach(_ record: AttachmentRecord) async throws -> NetworkResult {
        var record = record
        for plugin in record.network.plugins {
            let output = try await run(.add, plugin, of: record, previous: record.result)
            failpoint("RunPodSandbox/plugin added")
            let result = try PluginResult(parsing: output, from: plugin.type)
            record.result = result.converted(to: record.version)
        }
        let raw = record.result ?? .null
        let ips = try PluginResult(raw).addresses(of: record.interface)
        // The kubelet takes a pod without an address for one without a sandbox, and starts over.
        guard !ips.isEmpty else {
            throw GantryError(.internal, "network \(record.network.name) gave the pod no address")
        }
        try await records.save(record)
        failpoint("RunPodSandbox/network attached")
        return NetworkResult(ips: ips, raw: raw, ignoredCapabilities: record.ignored)
    }

    /// Takes a half-made attachment back and returns the error to report.
    private func undone(_ record: AttachmentRecord, because error: any Error) async -> GantryError {
        let doing = "add sandbox \(record.sandboxId) to network \(record.network.name)"
        do {
            try await detach(record)
            return PluginFailure.describe(doing, error)
        } catch let second {
            return PluginFailure.describe("\(doing) (undoing it failed too: \(second))", error)
        }
    }
}

extension NetworkPlugins {
    /// Disconnects a pod: DEL of each plugin, the last first, with the configuration and the
    /// arguments of its ADD and with the result of that.
    ///
    /// Works when the namespace is gone, can be repeated, and does nothing for a pod that was never
    /// connected. As long as it fails it stays to be done.
    /// - Throws: `NotInstalled` when only a plugin that is not there any more is in the way.
    public func remove(_ attachment: Attachment) async throws {
        try await gate.perform(.container(attachment.id.sandboxId)) {
            try await takeBack(attachment.id, knowing: attachment)
        }
    }

    /// CHECK of each plugin: whether the pod's network still is as ADD left it. Networks from before
    /// 0.4 and those that disable it pass.
    /// - Throws: `GantryError`: `notFound` for a pod that is not connected.
    public func check(_ attachment: Attachment) async throws {
        try await gate.perform(.container(attachment.id.sandboxId)) {
            guard case .intact(let record) = try await records.load(attachment.id),
                let result = record.result
            else {
                throw GantryError(
                    .notFound, "sandbox \(attachment.id.sandboxId) is on no network")
            }
            guard record.version.hasCheck, !record.network.disableCheck else { return }
            do {
                for plugin in record.network.plugins {
                    try await run(.check, plugin, of: record, previous: result)
                }
            } catch {
                throw PluginFailure.describe("check sandbox \(record.sandboxId)", error)
            }
        }
    }
}
