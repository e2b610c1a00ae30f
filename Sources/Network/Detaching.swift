internal import Glibc
internal import Model
internal import Synchronization
internal import System

extension NetworkPlugins {
    /// Runs DEL for what is recorded under `id`, if anything is.
    /// - Parameter attachment: what to go by when the record is damaged; nil when no more is known
    ///   of the pod than its identity, which is enough for most plugins.
    func takeBack(_ id: Attachment.ID, knowing attachment: Attachment?) async throws {
        switch try await records.load(id) {
        case .absent:
            break
        case .intact(let record):
            try await detach(record)
        case .damaged:
            let known = attachment ?? Attachment(id, namespacePath: "")
            try await detach(try AttachmentRecord(known, try await source.current()))
        }
    }

    /// The record goes only after every plugin has succeeded; the first failure ends the chain, as
    /// the specification says (section 3, Deleting an attachment). Those that are not there any more
    /// are passed over: the others can still give back what they know of.
    /// - Throws: `NotInstalled` when all others have succeeded.
    func detach(_ record: AttachmentRecord) async throws {
        let previous = record.version.hasCheck ? record.result : nil
        var missing: [String] = []
        for plugin in record.network.plugins.reversed() {
            do {
                try await run(.delete, plugin, of: record, previous: previous)
                failpoint("StopPodSandbox/plugin deleted")
            } catch let error as PluginError where error.isUnknownContainer {
                continue
            } catch let error as NotReady {
                missing.append(error.description)
            } catch {
                throw PluginFailure.describe(
                    "remove sandbox \(record.sandboxId) from network \(record.network.name)", error)
            }
        }
        guard missing.isEmpty else {
            throw NotInstalled(id: record.id, message: missing.joined(separator: "; "))
        }
        try await records.remove(record.id)
        own.withLock { _ = $0.remove(record.id) }
    }

    /// Runs one plugin on an attachment and returns what it printed.
    @discardableResult
    func run(
        _ command: PluginCommand, _ plugin: PluginConfiguration, of record: AttachmentRecord,
        previous: JSONValue?
    ) async throws -> [UInt8] {
        let namespace = try await Blocking.run { Self.livingNamespace(record.namespacePath) }
        return try await plugins.run(
            command, plugin.type, parameters: record.parameters(namespace: namespace),
            input: record.request(plugin, previous: previous))
    }

    /// The path, or nothing when no namespace is there any more: then plugins must be given none,
    /// and free what they can (section 2, DEL).
    private static func livingNamespace(_ path: String) -> String {
        // All namespaces are files of one file system, nsfs(5).
        guard let device = device(of: path), device == self.device(of: "/proc/self/ns/net") else {
            return ""
        }
        return path
    }

    private static func device(of path: String) -> UInt? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_dev : nil
    }
}

/// An attachment of which only what missing plugins hold is left. Its record stays.
public struct NotInstalled: Error, Hashable, Sendable, CustomStringConvertible {
    let id: Attachment.ID
    let message: String

    public var description: String {
        "sandbox \(id.sandboxId) may still hold addresses or rules: \(message)"
    }
}

enum PluginFailure {
    /// What was being done and the plugin's own words, with the code that fits these.
    static func describe(_ doing: String, _ error: any Error) -> GantryError {
        switch error {
        case let error as PluginError: GantryError(error.status, doing, cause: error)
        case is NotReady, is NotInstalled: GantryError(.unavailable, doing, cause: error)
        case is CancellationError: GantryError(.cancelled, doing, cause: error)
        default: GantryError(doing, from: error)
        }
    }
}
