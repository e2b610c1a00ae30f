internal import FoundationEssentials
internal import Logging
internal import Model
internal import Service
internal import Streaming
internal import System
internal import Text

/// Sends traces to a collector: OTLP over HTTP, in JSON (opentelemetry.io/docs/specs/otlp).
struct TraceExport: Sendable {
    private let endpoint: TraceEndpoint
    private let tls: ClientTLS?
    private let queue: SpanQueue
    private let host: String
    private let log: Logger

    /// Between two looks at what is waiting.
    private static let pause = Duration.seconds(1)
    /// Operations of one request.
    private static let most = 256

    /// Blocks.
    /// - Returns: nil when the settings name no collector.
    /// - Throws: `GantryError` for authorities that cannot be used.
    init?(_ settings: Settings, _ queue: SpanQueue, host: String, _ log: Logger) throws {
        guard let endpoint = TraceEndpoint(settings.traceEndpoint) else { return nil }
        self.endpoint = endpoint
        tls =
            endpoint.hasTLS
            ? try ClientTLS(
                ca: settings.traceCA.isEmpty ? nil : settings.traceCA,
                needsTLS13: settings.tlsMinimum == "1.3") : nil
        self.queue = queue
        self.host = host
        self.log = log
        queue.open(TraceSampling(perMillion: settings.traceSampling))
    }

    /// Until its task is cancelled. A collector that is not there costs the traces, and one line of the log.
    func run() async {
        let client = TraceClient(endpoint, tls)
        var hasFailed = false
        while (try? await Task.sleep(for: Self.pause)) != nil {
            while !Task.isCancelled {
                let taken = queue.take(most: Self.most)
                if taken.isEmpty { break }
                do {
                    try await client.post(try OTLPText(host: host).body(of: taken))
                    queue.note(taken, areExported: true)
                    hasFailed = false
                } catch {
                    queue.note(taken, areExported: false)
                    if !hasFailed { log.warning("traces are dropped: \(endpoint): \(error)") }
                    hasFailed = true
                    break
                }
            }
        }
        await client.stop()
    }
}

/// `http://HOST[:PORT][/PATH]`, or the same with `https`.
struct TraceEndpoint: Hashable, Sendable, CustomStringConvertible {
    let hasTLS: Bool
    let host: String
    let port: Int
    let path: String

    private static let usualPort = 4318
    private static let usualPath = "/v1/traces"

    /// Nil for what cannot be used.
    init?(_ url: String) {
        let secure = url.removing(prefix: "https://")
        guard let rest = secure ?? url.removing(prefix: "http://") else { return nil }
        hasTLS = secure != nil
        let (authority, path) = rest.cut(at: "/") ?? (rest, "")
        let parts = MetricsEndpoint.split(String(authority))
        let host = parts?.host ?? String(authority)
        guard !host.isEmpty, parts != nil || !authority.has(":"),
            url.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        self.host = host
        port = parts?.port ?? Self.usualPort
        self.path = path.isEmpty ? Self.usualPath : "/\(path)"
    }

    var authority: String { "\(host.has(":") ? "[\(host)]" : host):\(port)" }

    var description: String { "\(hasTLS ? "https" : "http")://\(authority)\(path)" }
}
