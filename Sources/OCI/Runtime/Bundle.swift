internal import FoundationEssentials
internal import Kernel
internal import System

/// A runtime bundle: a directory with `config.json` (runtime-spec, bundle.md).
public struct Bundle: Sendable {
    public let directory: String

    public init(_ directory: String) {
        self.directory = directory
    }

    public var configPath: String { "\(directory)/config.json" }

    /// Makes the directory and puts the spec in it, whole or not at all.
    public func write(_ spec: Spec) async throws {
        try await write(bytes: try Self.encode(spec))
    }

    func write(bytes: [UInt8]) async throws {
        try await Blocking.run {
            try Files.makePrivateDirectory(directory)
            try Files.replace(configPath, with: bytes)
        }
    }

    public func read() async throws -> Spec { try await decoded() }

    /// The spec's process alone: most of the rest is seccomp rules, which take longer to make than to
    /// pass over.
    public func readProcess() async throws -> Spec.Process {
        struct Part: Decodable, Sendable { let process: Spec.Process }
        return try await (decoded() as Part).process
    }

    private func decoded<Value: Decodable & Sendable>() async throws -> Value {
        try await Blocking.run {
            try JSONDecoder().decode(Value.self, from: Data(try Files.read(configPath)))
        }
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Array(try encoder.encode(value))
    }
}
