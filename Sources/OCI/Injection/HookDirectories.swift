internal import FoundationEssentials
internal import Kernel
internal import Model
internal import System
internal import Text

/// Directories of hooks for containers that fit (oci-hooks(5), version 1.0.0).
public struct HookDirectories: Sendable {
    /// A file of a later directory replaces one of the same name of an earlier.
    let directories: [String]

    public init(_ directories: [String]) {
        self.directories = directories
    }

    /// Adds the hooks that fit to a container's spec, in the order of the files' names.
    /// - Throws: `failedPrecondition` for a file that is no hook: leaving it out could leave a
    ///   container without what confines it.
    public func add(
        to spec: inout Spec, annotations: [String: String], hasBindMounts: Bool
    ) async throws {
        let files = try await Blocking.run { try self.files() }
        var hooks = spec.hooks ?? Spec.Hooks()
        for file in files
        where try file.when.admits(
            command: spec.process.args.first ?? "", annotations, hasBindMounts: hasBindMounts)
        {
            for stage in file.stages { hooks.add(file.hook, at: stage) }
        }
        spec.hooks = hooks == Spec.Hooks() ? nil : hooks
    }

    private func files() throws -> [HookFile] {
        var paths: [String: String] = [:]
        for directory in directories where Files.exists(directory) {
            for name in try Files.list(directory) where name.ends(with: ".json") {
                paths[name] = "\(directory)/\(name)"
            }
        }
        return try paths.sorted { $0.key < $1.key }.map { try HookFile(path: $0.value) }
    }
}

/// One file: a hook, where it runs, and for whom.
struct HookFile: Sendable {
    let hook: Spec.Hook
    let stages: [Spec.Hooks.Stage]
    let when: HookCondition

    private struct Document: Decodable {
        let version: String
        let hook: Spec.Hook
        let when: HookCondition
        let stages: [Spec.Hooks.Stage]
    }

    init(path: String) throws {
        do {
            try self.init(json: try Files.read(path))
        } catch {
            throw GantryError(.failedPrecondition, "\(path) is no hook", cause: error)
        }
    }

    init(json: [UInt8]) throws {
        let document = try JSONDecoder().decode(Document.self, from: Data(json))
        guard document.version == "1.0.0" else {
            throw GantryError(
                .failedPrecondition, "version \"\(document.version)\" is not 1.0.0")
        }
        guard document.hook.path.begins(with: "/") else {
            throw GantryError(
                .failedPrecondition, "the path \"\(document.hook.path)\" is not absolute")
        }
        hook = document.hook
        when = document.when
        stages = document.stages
    }
}
