internal import CGRPC

/// Between Swift's arrays and gRPC's byte buffers and slices.
enum Bytes {
    /// All bytes of a received message, which may come in many slices.
    static func of(_ buffer: UnsafeMutablePointer<grpc_byte_buffer>) -> [UInt8]? {
        var reader = grpc_byte_buffer_reader()
        guard grpc_byte_buffer_reader_init(&reader, buffer) != 0 else { return nil }
        defer { grpc_byte_buffer_reader_destroy(&reader) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(grpc_byte_buffer_length(buffer))
        var slice = grpc_slice()
        while grpc_byte_buffer_reader_next(&reader, &slice) != 0 {
            bytes += UnsafeBufferPointer(
                start: gantry_slice_bytes(&slice), count: gantry_slice_length(&slice))
            grpc_slice_unref(slice)
        }
        return bytes
    }

    static func buffer(_ bytes: [UInt8]) -> UnsafeMutablePointer<grpc_byte_buffer>? {
        var slice = bytes.withUnsafeBytes {
            grpc_slice_from_copied_buffer($0.baseAddress, $0.count)
        }
        defer { grpc_slice_unref(slice) }
        return grpc_raw_byte_buffer_create(&slice, 1)
    }

    static func slice(_ text: String) -> grpc_slice {
        var text = text
        return text.withUTF8 { grpc_slice_from_copied_buffer($0.baseAddress, $0.count) }
    }

    static func text(_ slice: grpc_slice) -> String {
        var slice = slice
        return String(
            decoding: UnsafeBufferPointer(
                start: gantry_slice_bytes(&slice), count: gantry_slice_length(&slice)),
            as: UTF8.self)
    }
}
