internal import CCurl
internal import Text

/// A libcurl handle with a connection cache of its own. Used by one thread at a time; only `wake` may
/// come from another (curl_multi_wakeup(3)).
///
/// Unchecked: `HTTPClient` lends a handle to one transfer at a time.
final class CurlHandle: @unchecked Sendable {
    let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        precondition(Self.isReady, "libcurl could not be initialised")
        guard let easy = curl_easy_init(), let multi = curl_multi_init() else {
            fatalError("libcurl: out of memory")
        }
        self.easy = easy
        self.multi = multi
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(to: 0)
    }

    deinit {
        curl_multi_cleanup(multi)
        curl_easy_cleanup(easy)
        message.deallocate()
    }

    /// Forgets the last request, and keeps connections.
    func reset() {
        curl_easy_reset(easy)
        message.pointee = 0
        gantry_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
    }

    func set(_ option: CURLoption, _ value: Int) {
        gantry_curl_set_long(easy, option, value)
    }

    func set(_ option: CURLoption, _ value: String) {
        gantry_curl_set_string(easy, option, value)
    }

    /// Runs the transfer to its end, or until `isCancelled` says so after a `wake`.
    func run(isCancelled: () -> Bool) -> CURLcode {
        curl_multi_add_handle(multi, easy)
        defer { curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        while true {
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { return result() }
            if isCancelled() { return CURLE_ABORTED_BY_CALLBACK }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    private func result() -> CURLcode {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { return message.pointee.data.result }
        }
        return CURLE_FAILED_INIT
    }

    func wake() {
        curl_multi_wakeup(multi)
    }

    /// What libcurl says of a failure.
    func reason(_ code: CURLcode) -> String {
        message.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
    }

    var status: Int {
        var status = 0
        gantry_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// Seconds, from either form of `Retry-After` (RFC 9110, 10.2.3); nil without one.
    var retryAfter: Int? {
        guard !headers("Retry-After").isEmpty else { return nil }
        var seconds: curl_off_t = 0
        gantry_curl_get_offset(easy, CURLINFO_RETRY_AFTER, &seconds)
        return Int(seconds)
    }

    var head: HTTPHead {
        HTTPHead(
            status: status,
            contentRange: headers("Content-Range").first,
            acceptsRanges: headers("Accept-Ranges").contains { $0.lowercasedASCII == "bytes" })
    }

    func string(_ info: CURLINFO) -> String? {
        var text: UnsafePointer<CChar>?
        gantry_curl_get_string(easy, info, &text)
        return text.map { String(cString: $0) }
    }

    /// All headers of that name, in their order.
    func headers(_ name: String) -> [String] {
        var values: [String] = []
        var header: UnsafeMutablePointer<curl_header>?
        let origin = UInt32(CURLH_HEADER)
        while curl_easy_header(easy, name, values.count, origin, -1, &header) == CURLHE_OK,
            let value = header?.pointee.value
        {
            // libcurl 7.88 leaves the carriage return in it.
            values.append(String(String(cString: value).trimmed))
        }
        return values
    }
}
