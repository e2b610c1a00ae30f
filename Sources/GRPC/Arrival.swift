internal import CGRPC

/// The call that arrived, and its metadata.
final class Arrival {
    let call = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
    let metadata = UnsafeMutablePointer<grpc_metadata_array>.allocate(capacity: 1)

    init() {
        call.initialize(to: nil)
        grpc_metadata_array_init(metadata)
    }

    deinit {
        grpc_metadata_array_destroy(metadata)
        call.deallocate()
        metadata.deallocate()
    }

    /// The call, whose owner is whoever takes it. The array is used again for the next one's.
    func take() -> (call: OpaquePointer, traceparent: String?)? {
        defer {
            call.pointee = nil
            metadata.pointee.count = 0
        }
        guard let call = call.pointee else { return nil }
        return (call, CallMetadata.traceparent(in: metadata.pointee))
    }
}
