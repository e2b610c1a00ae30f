internal import Archive
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
    private let patience: HTTPPatience
    private let isCancelled = Atomic(false)
    private var collected: [UInt8] = []
    private var failure: (any Error)?
    private var head: HTTPHead?
    private var floor: ProgressFloor
    /// Bytes of the request's body so far.
    private var sent: UInt64 = 0
    /// Bytes of headers so far, those of interim responses and trailers included.
    private var headerBytes = 0
    /// The rest of an error's text is not waited for.
    private var isEnough = false

    /// Of a response that is an error, this much is read for its text.
    private static let errorLimit = 64 << 10
    /// libcurl keeps all of them, and bounds none that comes behind a body.
    private static let headerLimit = 512 << 10

    init(
        _ request: HTTPRequest, _ body: HTTPBody, _ handle: CurlHandle, _ patience: HTTPPatience
    ) {
        floor = ProgressFloor(patience)
        self.patience = patience
        self.request = request
        self.body = body
        self.handle = handle
    }

    func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        handle.wake()
    }

    private var wasCancelled: Bool { isCancelled.load(ordering: .sequentiallyConsistent) }

    func run(_ environment: ProxyRules) throws -> HTTPResponse {
        let headers = CurlList(request.headers)
        prepare(headers)
        handle.set(CURLOPT_PROXY, request.proxy ?? environment.proxy(for: request.url))
        // What stands there is among the rules already.
        handle.set(CURLOPT_NOPROXY, "")
        floor.wait()
        handle.use(request.trust)
        let code = withExtendedLifetime((self, headers)) { handle.run { wasCancelled } }
        // First, since who threw it may count on seeing it.
        if let failure { throw failure }
        if wasCancelled { throw CancellationError() }
        guard code == CURLE_OK || isEnough else {
            throw TransferError(
                "\(printable(request.url)): \(handle.reason(code))",
                isAnswered: handle.status != 0)
        }
        return HTTPResponse(
            status: handle.status, contentType: handle.string(CURLINFO_CONTENT_TYPE) ?? "",
            location: handle.string(CURLINFO_REDIRECT_URL),
            place: handle.headers("Location").first,
            challenges: handle.headers("WWW-Authenticate"),
            retryAfter: handle.retryAfter, body: collected)
    }

    private func prepare(_ headers: CurlList) {
        handle.reset()
        handle.set(CURLOPT_URL, request.url)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_USERAGENT, "gantry/\(Release.version)")
        gantry_curl_set_list(handle.easy, CURLOPT_HTTPHEADER, headers.first)
        if let form = request.form { handle.set(CURLOPT_COPYPOSTFIELDS, form) }
        prepareMethod()
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
        gantry_curl_set_pointer(
            handle.easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        gantry_curl_set_header_writer(handle.easy) { _, _, count, transfer in
            guard let transfer else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue()
                .takeHeader(of: count)
        }
    }

    private func prepareMethod() {
        switch request.method {
        case .get: break
        case .head: handle.set(CURLOPT_NOBODY, 1)
        case .post: handle.set(CURLOPT_COPYPOSTFIELDS, "")
        case .put(let content):
            handle.set(CURLOPT_UPLOAD, 1)
            gantry_curl_set_offset(
                handle.easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(clamping: content.size))
            gantry_curl_set_pointer(
                handle.easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
            gantry_curl_set_reader(handle.easy) { bytes, _, count, transfer in
                guard let transfer, let bytes else { return Int(CURL_READFUNC_ABORT) }
                let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: count)
                return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue()
                    .give(buffer)
            }
            prepareRewinding()
        }
    }

    /// A body goes out again when the server has closed a connection that was kept.
    private func prepareRewinding() {
        gantry_curl_set_pointer(
            handle.easy, CURLOPT_SEEKDATA, Unmanaged.passUnretained(self).toOpaque())
        gantry_curl_set_seeker(handle.easy) { transfer, offset, origin in
            guard let transfer, origin == SEEK_SET, offset >= 0 else { return CURL_SEEKFUNC_FAIL }
            Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().sent = UInt64(
                clamping: offset)
            return CURL_SEEKFUNC_OK
        }
    }

    /// libcurl's read callback: how many bytes of the body there are, 0 at its end.
    private func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard case .put(let content) = request.method, !wasCancelled else {
            return Int(CURL_READFUNC_ABORT)
        }
        if sent == content.size { return 0 }
        do {
            let count = try content.read(into: buffer, at: sent)
            sent += UInt64(count)
            // As long as the other end takes something it makes progress.
            floor.wait()
            return count
        } catch {
            failure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// libcurl's write callback: any other result than `count` ends the transfer.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            try deliver(bytes)
            return isEnough ? 0 : bytes.count
        } catch {
            failure = error
            return 0
        }
    }

    /// The same for a header's line.
    private func takeHeader(of count: Int) -> Int {
        do {
            headerBytes += count
            try floor.come(count, from: request.url)
            defer { floor.wait() }
            guard headerBytes <= Self.headerLimit else {
                throw GantryError(
                    .resourceExhausted,
                    "\(printable(request.url)): headers of more than \(Self.headerLimit) bytes")
            }
            return count
        } catch {
            failure = error
            return 0
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) throws {
        if wasCancelled { throw CancellationError() }
        try floor.come(bytes.count, from: request.url)
        defer { floor.wait() }
        let status = handle.status
        guard (200..<300).contains(status) else {
            collected += bytes.prefix(Self.errorLimit - collected.count)
            isEnough = collected.count == Self.errorLimit
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
