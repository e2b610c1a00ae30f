internal import FoundationEssentials
internal import Kernel
internal import Model
internal import Shim
internal import System

/// Where the shim is that has a container: the pod's, or one of its own. It is stored in the container's
/// bundle, so that whoever finds that alone can end it.
struct ShimRecord: Codable, Sendable {
    let sandbox: String
    /// The container that the shim has alone; nil: it is the pod's.
    var container: String?
    /// The sandbox's bundle.
    let bundle: String
    let program: String
    /// nil from before the shim was started until its answer was stored.
    var bootstrap: Bootstrap?
    /// The socket for events that the pod's shims are given, which goes into their address; nil in records of
    /// earlier versions, which had one for all.
    var events: String?
    /// Whether the sandbox is the shim's own, by its sandbox API; nil is no.
    var makesSandbox: Bool?
    /// The process that stands for such a sandbox on the node, where there is one; nil until it was
    /// started.
    var process: Int32?

    /// By which the shim is known.
    var owner: String { container ?? sandbox }

    private static func file(in bundle: String) -> String { "\(bundle)/shim.json" }

    /// Blocks the thread.
    static func exists(in bundle: String) -> Bool { Files.exists(file(in: bundle)) }

    /// - Returns: nil where there is none.
    static func read(in bundle: String) async throws -> ShimRecord? {
        let path = file(in: bundle)
        return try await Blocking.run {
            guard Files.exists(path) else { return nil }
            return try JSONDecoder().decode(ShimRecord.self, from: Data(try Files.read(path)))
        }
    }

    func write(in bundle: String) async throws {
        let bytes = Array(try JSONEncoder().encode(self))
        try await Blocking.run { try Files.replace(Self.file(in: bundle), with: bytes) }
    }

    static func remove(in bundle: String) async throws {
        try await Blocking.run { try Files.remove(file(in: bundle)) }
    }
}
