internal import Model
internal import Protobuf
internal import Synchronization
internal import TTRPC

/// A plugin's socket with both services on it.
final class PluginConnection: Sendable {
    /// What the plugin asks; set before the connection runs.
    typealias Answers = [String: Server.Method]

    private static let service = "nri.pkg.api.v1alpha1.Plugin"
    static let runtimeService = "nri.pkg.api.v1alpha1.Runtime"
    /// Bytes of one answer or request of a plugin. Messages are many times larger in memory.
    static let largest = 1 << 20
    /// Calls of a plugin that are answered at once.
    private static let mostCalls = 8

    private let link: SocketLink
    private let client: Client
    private let server: Server
    private let multiplexer = Mutex(Multiplexer())
    private let reason = Mutex<String?>(nil)
    private let ended = Atomic(false)

    init(_ link: SocketLink, _ answers: Answers) {
        self.link = link
        client = Client(largest: Self.largest) { bytes in
            try link.send(Multiplexer.encode(bytes, for: Multiplexer.plugin))
        }
        server = Server(answers, largest: Self.largest, mostCalls: Self.mostCalls) { bytes in
            try link.send(Multiplexer.encode(bytes, for: Multiplexer.runtime))
        }
    }

    var peer: Int32? { link.peer }

    /// Why it has ended; nil when the plugin went by itself.
    var failure: String? { reason.withLock { $0 } }

    /// True as soon as a request cannot be sent, so that its failure is nobody's refusal.
    var isEnded: Bool { ended.load(ordering: .acquiring) || link.isClosed }

    /// Serves the connection until it ends.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.server.run() }
            do {
                try await link.run { try self.take($0) }
            } catch {
                note("it breaks the protocol: \(error)")
            }
            end()
            server.close()
        }
    }

    private func end() {
        ended.store(true, ordering: .releasing)
        client.close(GantryError(.unavailable, "the plugin is gone"))
    }

    func close(_ reason: String) {
        note(reason)
        link.close()
        end()
    }

    private func note(_ text: String) {
        reason.withLock { $0 = $0 ?? text }
    }

    private func take(_ bytes: [UInt8]) throws {
        multiplexer.withLock { $0.feed(bytes) }
        while let (connection, bytes) = try multiplexer.withLock({ try $0.next() }) {
            switch connection {
            case Multiplexer.plugin: try client.take(bytes)
            case Multiplexer.runtime: try server.take(bytes)
            default: break
            }
        }
    }

    /// Calls the plugin with a request that is encoded already.
    func call(_ method: String, _ request: [UInt8], within limit: Duration) async throws -> [UInt8]
    {
        try await client.call(Self.service, method, request, within: limit)
    }
}

/// Of messages as `call` takes and gives them.
enum Bytes {
    static func of(_ message: some CMessage) -> [UInt8] { Codec.encode(message) }

    static func decode<M: CMessage>(_ bytes: [UInt8]) throws -> M { try Codec.decode(bytes) }
}
