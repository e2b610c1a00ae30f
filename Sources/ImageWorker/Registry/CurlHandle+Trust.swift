internal import CCurl
internal import ImageProtocol

extension CurlHandle {
    /// Takes authorities and a client certificate. The system's authorities stay trusted: libcurl's
    /// directory of them (CURLOPT_CAPATH) counts beside a bundle given to it.
    func use(_ trust: Trust) {
        if !trust.authorities.isEmpty {
            let bundle = trust.authorities.map(\.content).joined(separator: [10])
            set(CURLOPT_CAINFO_BLOB, Array(bundle))
        }
        guard let certificate = trust.certificate else { return }
        set(CURLOPT_SSLCERT_BLOB, certificate.content)
        set(CURLOPT_SSLKEY_BLOB, (trust.key ?? certificate).content)
    }

    private func set(_ option: CURLoption, _ content: [UInt8]) {
        content.withUnsafeBytes { bytes in
            _ = gantry_curl_set_blob(easy, option, bytes.baseAddress, bytes.count)
        }
    }
}
