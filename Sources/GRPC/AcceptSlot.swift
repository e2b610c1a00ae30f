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
    private let message = UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>.allocate(
        capacity: 1)

    init(_ registration: UnsafeMutableRawPointer, _ method: Method) {
        self.registration = registration
        self.method = method
        message.initialize(to: nil)
    }

    deinit {
        deadline.deallocate()
        message.deallocate()
    }

    func request(
        _ server: OpaquePointer, _ queue: OpaquePointer, _ tag: UnsafeMutableRawPointer
    ) -> grpc_call_error {
        grpc_server_request_registered_call(
            server, registration, arrival.call, deadline, arrival.metadata, message, queue, queue,
            tag)
    }

    func begin(_ server: Server) {
        let request = takeMessage()
        guard let (call, traceparent) = arrival.take() else { return }
        ServerCall(call, server).start(method, request, traceparent)
    }

    /// Nil when the client sent none.
    private func takeMessage() -> [UInt8]? {
        guard let received = message.pointee else { return nil }
        defer { grpc_byte_buffer_destroy(received) }
        message.pointee = nil
        return Bytes.of(received)
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
        guard let (call, _) = arrival.take() else { return }
        ServerCall(call, server).finish(
            Status(code: Status.unimplemented, message: "no method \(path)"))
    }
}
