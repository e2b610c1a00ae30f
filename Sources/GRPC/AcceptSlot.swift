internal import CGRPC

/// Where the core writes the next call that arrives.
final class AcceptSlot {
    private let pointer = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
    private let details = UnsafeMutablePointer<grpc_call_details>.allocate(capacity: 1)
    private let metadata = UnsafeMutablePointer<grpc_metadata_array>.allocate(capacity: 1)

    init() {
        pointer.initialize(to: nil)
        grpc_call_details_init(details)
        grpc_metadata_array_init(metadata)
    }

    deinit {
        grpc_call_details_destroy(details)
        grpc_metadata_array_destroy(metadata)
        pointer.deallocate()
        details.deallocate()
        metadata.deallocate()
    }

    func request(
        _ server: OpaquePointer, _ queue: OpaquePointer, _ tag: UnsafeMutableRawPointer
    ) -> grpc_call_error {
        grpc_server_request_call(server, pointer, details, metadata, queue, queue, tag)
    }

    /// The call, whose owner is whoever takes it from here.
    var call: OpaquePointer? { pointer.pointee }

    /// `/package.Service/Method`.
    var path: String { Bytes.text(details.pointee.method) }
}
