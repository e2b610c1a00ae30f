internal import ImageProtocol
internal import Synchronization
internal import System

/// HTTP through libcurl, off the concurrency pool. It lives as long as one pull, and so do its
/// connections.
final class HTTPClient: Sendable {
    private let idle = Mutex<[CurlHandle]>([])
    private let patience: HTTPPatience
    private let proxies = ProxyRules.environment

    init(_ patience: HTTPPatience = HTTPPatience()) {
        self.patience = patience
    }

    /// - Throws: `TransferError`; what the body's stream throws; `CancellationError`, within
    ///   milliseconds of the task's cancellation.
    func send(_ request: HTTPRequest, _ body: HTTPBody) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let handle = idle.withLock { $0.popLast() } ?? CurlHandle()
        let transfer = Transfer(request, body, handle, patience)
        defer { idle.withLock { $0.append(handle) } }
        return try await withTaskCancellationHandler {
            try await Blocking.run { [proxies] in try transfer.run(proxies) }
        } onCancel: {
            transfer.cancel()
        }
    }
}
