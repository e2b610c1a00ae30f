internal import CRNP
internal import Model

/// librnp with the keys that were loaded, and nothing of the node's own.
final class Library {
    let handle: rnp_ffi_t

    init() throws(GantryError) {
        var handle: rnp_ffi_t?
        _ = rnp_ffi_create(&handle, "GPG", "GPG")
        guard let handle else { throw GantryError(.resourceExhausted, "librnp: out of memory") }
        self.handle = handle
    }

    deinit {
        rnp_ffi_destroy(handle)
    }

    var keyCount: Int {
        var count = 0
        rnp_get_public_key_count(handle, &count)
        return count
    }

    /// Keys of kinds that librnp does not know are left out.
    /// - Throws: `GantryError` (`invalidArgument`) for what are no keys.
    func load(_ file: [UInt8]) throws(GantryError) {
        let input = try Input(file)
        let flags = UInt32(RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE)
        let result = rnp_import_keys(handle, input.handle, flags, nil)
        if result != 0 {
            throw GantryError(.invalidArgument, "no keys of OpenPGP: \(reason(result))")
        }
    }
}

/// Bytes that librnp reads; it has a copy of them.
final class Input {
    let handle: rnp_input_t

    init(_ bytes: [UInt8]) throws(GantryError) {
        var handle: rnp_input_t?
        _ = rnp_input_from_memory(&handle, bytes, bytes.count, true)
        guard let handle else { throw GantryError(.invalidArgument, "there is nothing in it") }
        self.handle = handle
    }

    deinit {
        rnp_input_destroy(handle)
    }
}

/// Memory that librnp writes to.
final class Output {
    let handle: rnp_output_t

    init(limit: Int) throws(GantryError) {
        var handle: rnp_output_t?
        _ = rnp_output_to_memory(&handle, limit)
        guard let handle else { throw GantryError(.resourceExhausted, "librnp: out of memory") }
        self.handle = handle
    }

    deinit {
        rnp_output_destroy(handle)
    }

    var bytes: [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        rnp_output_memory_get_buf(handle, &start, &count, false)
        return Array(UnsafeBufferPointer(start: start, count: count))
    }
}

/// librnp's own words.
func reason(_ result: rnp_result_t) -> String {
    rnp_result_to_string(result).map { String(cString: $0) } ?? "error \(result)"
}
