internal import CCurl
internal import ImageProtocol
internal import Model
internal import Synchronization

/// One request on its way. `run` blocks its thread; `cancel` comes from any.
///
/// Unchecked: all but the flag belongs to the thread that runs it.
final class Transfer: @unchecked Sendable {
    private let request: HTTPRequest
    private let body: HTTPBody
    private let handle: CurlHandle
    private let isCancelled = Atomic(false)
    private var collected: [UInt8] = []
    private var failure: (any Error)?
    private var head: HTTPHead?

    /// Of a response that is an error, this much is read for its text.
    private static let errorLimit = 64 << 10

    init(_ request: HTTPRequest, _ body: HTTPBody, _ handle: CurlHandle) {
        self.request = request
        self.body = body
        self.handle = handle
    }

    func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        handle.wake()
    }

    private var wasCancelled: Bool { isCancelled.load(ordering: .sequentiallyConsistent) }

    func run(_ patience: HTTPPatience) throws -> HTTPResponse {
        let headers = CurlList(request.headers)
        prepare(headers, patience)
        handle.use(request.trust)
        let code = withExtendedLifetime((self, headers)) { handle.run { wasCancelled } }
        // First, since who threw it may count on seeing it.
        if let failure { throw failure }
        if wasCancelled { throw CancellationError() }
        guard code == CURLE_OK else {
            throw TransferError(
                "\(printable(request.url)): \(handle.reason(code))",
                isAnswered: handle.status != 0)
        }
        return HTTPResponse(
            status: handle.status, contentType: handle.string(CURLINFO_CONTENT_TYPE) ?? "",
            location: handle.string(CURLINFO_REDIRECT_URL),
            challenges: handle.headers("WWW-Authenticate"),
            retryAfter: handle.retryAfter, body: collected)
    }

    private func prepare(_ headers: CurlList, _ patience: HTTPPatience) {
        handle.reset()
        handle.set(CURLOPT_URL, request.url)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_USERAGENT, "gantry/0.1.0")
        gantry_curl_set_list(handle.easy, CURLOPT_HTTPHEADER, headers.first)
        if let form = request.form { handle.set(CURLOPT_COPYPOSTFIELDS, form) }
        if request.isInsecure {
            handle.set(CURLOPT_SSL_VERIFYPEER, 0)
            handle.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        handle.set(CURLOPT_NOSIGNAL, 1)
        // Or a cancelled name lookup would hold its thread until the resolver gives up.
        handle.set(CURLOPT_QUICK_EXIT, 1)
        handle.set(CURLOPT_BUFFERSIZE, 256 << 10)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, patience.connect)
        handle.set(CURLOPT_LOW_SPEED_LIMIT, patience.slowestBytes)
        handle.set(CURLOPT_LOW_SPEED_TIME, patience.stall)
        gantry_curl_set_pointer(
            handle.easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        gantry_curl_set_writer(handle.easy) { bytes, _, count, transfer in
            guard let transfer else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().take(bytes)
        }
    }

    /// libcurl's write callback: any other result than `count` ends the transfer.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            try deliver(bytes)
            return bytes.count
        } catch {
            failure = error
            return 0
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) throws {
        if wasCancelled { throw CancellationError() }
        let status = handle.status
        guard (200..<300).contains(status) else {
            collected += bytes.prefix(Self.errorLimit - collected.count)
            return
        }
        switch body {
        case .stream(let sink):
            let head = head ?? handle.head
            self.head = head
            try sink(head, bytes.bytes)
        case .collect(let limit):
            guard collected.count + bytes.count <= limit else {
                throw GantryError(
                    .resourceExhausted,
                    "\(printable(request.url)): the answer is longer than \(limit) bytes")
            }
            collected += bytes
        }
    }
}

/// A list of strings as libcurl wants it.
final class CurlList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ strings: [String]) {
        for string in strings { first = curl_slist_append(first, string) }
    }

    deinit {
        curl_slist_free_all(first)
    }
}
