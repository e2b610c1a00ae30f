internal import CCurl
internal import Kernel
internal import Model

extension CurlHandle {
    /// Takes authorities and a client certificate. The system's authorities stay trusted: libcurl's
    /// directory of them (CURLOPT_CAPATH) counts beside a bundle given to it.
    /// - Throws: `GantryError` (`failedPrecondition`) that names the file that cannot be used.
    func use(_ trust: Trust) throws {
        if !trust.authorities.isEmpty {
            let bundle = Array(try trust.authorities.map(Self.read).joined(separator: [10]))
            bundle.withUnsafeBytes { bytes in
                _ = gantry_curl_set_blob(
                    easy, CURLOPT_CAINFO_BLOB, bytes.baseAddress, bytes.count)
            }
        }
        guard let certificate = trust.certificate else { return }
        set(CURLOPT_SSLCERT, certificate)
        set(CURLOPT_SSLKEY, trust.key ?? certificate)
    }

    private static func read(_ path: String) throws(GantryError) -> [UInt8] {
        do {
            return try Files.read(path)
        } catch {
            throw GantryError(.failedPrecondition, "authority \(path)", cause: error)
        }
    }
}
