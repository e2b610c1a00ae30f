internal import CRNP
internal import Model

/// The check of one signed message.
final class Verification {
    private let library: Library
    private let input: Input
    private let output: Output
    private let handle: rnp_op_verify_t

    init(_ library: Library, _ message: [UInt8], limit: Int) throws(GantryError) {
        self.library = library
        input = try Input(message)
        output = try Output(limit: limit)
        var handle: rnp_op_verify_t?
        _ = rnp_op_verify_create(&handle, library.handle, input.handle, output.handle)
        guard let handle else { throw GantryError(.resourceExhausted, "librnp: out of memory") }
        self.handle = handle
    }

    deinit {
        rnp_op_verify_destroy(handle)
    }

    func content() throws(GantryError) -> [UInt8] {
        let result = rnp_op_verify_execute(handle)
        var count = 0
        rnp_op_verify_get_signature_count(handle, &count)
        guard count > 0 else {
            throw Self.refusal(
                result == 0 ? "it is not signed" : "no signed message: \(reason(result))")
        }
        // Which of several is meant would be for the reader to say, and readers differ.
        guard count == 1 else { throw Self.refusal("it has \(count) signatures instead of one") }
        try checkSignature()
        guard result == 0 else { throw Self.refusal(reason(result)) }
        return output.bytes
    }

    private func checkSignature() throws(GantryError) {
        var signature: rnp_op_verify_signature_t?
        rnp_op_verify_get_signature_at(handle, 0, &signature)
        guard let signature else { throw Self.refusal("its signature cannot be read") }
        let status = rnp_op_verify_signature_get_status(signature)
        guard Int(status) != RNP_ERROR_KEY_NOT_FOUND else {
            throw Self.refusal("it is by another key")
        }
        guard status == 0 else { throw Self.refusal(reason(status)) }
        var key: rnp_key_handle_t?
        rnp_op_verify_signature_get_key(signature, &key)
        guard let key else { throw Self.refusal("it is by another key") }
        defer { rnp_key_handle_destroy(key) }
        // librnp accepts what an expired key signed in its time; whoever lost such a key can set the
        // date of a signature back.
        var isValid = false
        rnp_key_is_valid(key, &isValid)
        guard isValid else { throw Self.refusal("its key has expired or was revoked") }
    }

    private static func refusal(_ reason: String) -> GantryError {
        GantryError(.permissionDenied, reason)
    }
}
