internal import CGRPC

/// What a call's metadata say, of those that anybody wants to know.
public enum CallMetadata {
    /// Which trace the call belongs to (W3C Trace Context); nil where the client says nothing.
    @TaskLocal public static var traceparent: String?

    private static let name = Array("traceparent".utf8)
    /// `00-`, 32 digits, `-`, 16, `-`, 2; later versions may be longer.
    private static let longest = 256

    static func traceparent(in metadata: grpc_metadata_array) -> String? {
        for index in 0..<metadata.count {
            guard var entry = metadata.metadata?[index], equals(&entry.key, name) else { continue }
            guard gantry_slice_length(&entry.value) <= longest else { return nil }
            return Bytes.text(entry.value)
        }
        return nil
    }

    private static func equals(_ slice: inout grpc_slice, _ bytes: [UInt8]) -> Bool {
        gantry_slice_length(&slice) == bytes.count
            && UnsafeBufferPointer(start: gantry_slice_bytes(&slice), count: bytes.count)
                .elementsEqual(bytes)
    }
}
