internal import FoundationEssentials
internal import Model
internal import Protobuf
internal import TTRPC
internal import Text

/// Where a shim can be reached, as its `start` writes it (containerd, core/runtime/v2/README.md).
///
/// The newest write a message, those before JSON, and the oldest the address alone.
public struct Bootstrap: Hashable, Sendable, Codable {
    /// Of the task API: 2 or 3.
    public let version: Int
    /// The path of a unix socket.
    public let socket: String

    /// - Throws: `unimplemented` for a protocol, version or kind of address that is not spoken here,
    ///   `unavailable` for what is no answer.
    public init(answer: [UInt8]) throws {
        let text = String(decoding: answer, as: UTF8.self).trimmed
        if text.begins(with: "{") {
            try self.init(JSON(text))
        } else if text.begins(with: "unix:") || text.begins(with: "/") {
            try self.init(version: 2, address: String(text), protocol: "ttrpc")
        } else {
            guard let result: BootstrapResult = try? Codec.decode(answer), !result.address.isEmpty
            else { throw Self.noAnswer(text) }
            try self.init(
                version: Int(clamping: result.version), address: result.address,
                protocol: result.protocol)
        }
    }

    private struct JSON: Decodable {
        let version: Int?
        let address: String?
        let `protocol`: String?

        init(_ text: Substring) throws {
            do {
                self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
            } catch {
                throw noAnswer(text)
            }
        }
    }

    private init(_ json: JSON) throws {
        try self.init(
            version: json.version ?? 0, address: json.address ?? "",
            protocol: json.protocol ?? "ttrpc")
    }

    private init(version: Int, address: String, protocol name: String) throws {
        guard name.lowercasedASCII == "ttrpc" else {
            throw GantryError(
                .unimplemented, "the shim speaks \"\(name)\"; Gantry speaks ttrpc with shims")
        }
        guard (2...3).contains(version) else {
            throw GantryError(
                .unimplemented, "the shim's task API has version \(version); 2 and 3 are known")
        }
        let path = address.removing(prefix: "unix://").map(String.init) ?? address
        guard path.begins(with: "/"), !path.utf8.contains(0) else {
            throw GantryError(
                .unimplemented, "the shim's address \"\(address)\" is no path of a unix socket")
        }
        self.version = version
        socket = path
    }

    private static func noAnswer(_ text: Substring) -> GantryError {
        GantryError(
            .unavailable, "the shim's start has written \"\(String(text).shortened)\", no address")
    }

    /// By which a later daemon finds the shim again.
    public var stored: [UInt8] {
        get throws { Array(try JSONEncoder().encode(self)) }
    }

    /// - Throws: when `stored` did not write it.
    public init(stored: [UInt8]) throws {
        self = try JSONDecoder().decode(Bootstrap.self, from: Data(stored))
    }
}
