internal import CGRPC

/// Where the core writes a call that arrives, one after the other.
protocol AcceptSlot: AnyObject {
    /// Asks for the next call, of which the core tells with the tag.
    func request(
        _ server: OpaquePointer, _ queue: OpaquePointer, _ tag: UnsafeMutableRawPointer
    ) -> grpc_call_error

    /// Begins to answer the call that arrived, if one did.
    func begin(_ server: Server)
}

/// For the calls of one method, which arrive with their request: nothing more is to be read then,
/// and an answer that is in memory leaves in the same breath.
final class MethodSlot: AcceptSlot {
    private let registration: UnsafeMutableRawPointer
    private let method: Method
    private let arrival = Arrival()
    private let deadline = UnsafeMutablePointer<gpr_timespec>.allocate(capacity: 1)
    private let request = UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>.allocate(
        capacity: 1)

    init(_ registration: UnsafeMutableRawPointer, _ method: Method) {
        self.registration = registration
        self.method = method
        request.initialize(to: nil)
    }

    deinit {
        deadline.deallocate()
        request.deallocate()
    }

    func request(
        _ server: OpaquePointer, _ queue: OpaquePointer, _ tag: UnsafeMutableRawPointer
    ) -> grpc_call_error {
        grpc_server_request_registered_call(
            server, registration, arrival.call, deadline, arrival.metadata, request, queue, queue,
            tag)
    }

    func begin(_ server: Server) {
        let bytes = request.pointee.flatMap(Bytes.of)
        if let received = request.pointee { grpc_byte_buffer_destroy(received) }
        request.pointee = nil
        guard let call = arrival.take() else { return }
        ServerCall(call, server).start(method, bytes)
    }
}

/// For the calls of all paths that nobody has registered.
final class UnknownSlot: AcceptSlot {
    private let arrival = Arrival()
    private let details = UnsafeMutablePointer<grpc_call_details>.allocate(capacity: 1)

    init() {
        grpc_call_details_init(details)
    }

    deinit {
        grpc_call_details_destroy(details)
        details.deallocate()
    }

    func request(
        _ server: OpaquePointer, _ queue: OpaquePointer, _ tag: UnsafeMutableRawPointer
    ) -> grpc_call_error {
        grpc_server_request_call(
            server, arrival.call, details, arrival.metadata, queue, queue, tag)
    }

    func begin(_ server: Server) {
        let path = Bytes.text(details.pointee.method)
        grpc_call_details_destroy(details)
        grpc_call_details_init(details)
        guard let call = arrival.take() else { return }
        ServerCall(call, server).finish(
            Status(code: Status.unimplemented, message: "no method \(path)"))
    }
}

/// The call that arrived, and its metadata, which nobody reads.
private final class Arrival {
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
    func take() -> OpaquePointer? {
        defer { call.pointee = nil }
        metadata.pointee.count = 0
        return call.pointee
    }
}
