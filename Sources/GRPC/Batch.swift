internal import CGRPC

/// Operations that are started on a call together, and the memory that the core reads and writes
/// until they complete.
final class Batch {
    private var operations: [grpc_op] = []
    private let message = UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>.allocate(
        capacity: 1)
    private let cancelled = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private let details = UnsafeMutablePointer<grpc_slice>.allocate(capacity: 1)
    private var sent: UnsafeMutablePointer<grpc_byte_buffer>?

    init() {
        operations.reserveCapacity(4)
        message.initialize(to: nil)
        cancelled.initialize(to: 0)
        details.initialize(to: grpc_empty_slice())
    }

    deinit {
        if let received = message.pointee { grpc_byte_buffer_destroy(received) }
        if let sent { grpc_byte_buffer_destroy(sent) }
        grpc_slice_unref(details.pointee)
        message.deallocate()
        cancelled.deallocate()
        details.deallocate()
    }

    /// What was received; nil when the client sent no message.
    var received: [UInt8]? { message.pointee.flatMap(Bytes.of) }

    /// Whether the client went away, or its deadline passed, before the status was sent.
    var wasCancelled: Bool { cancelled.pointee != 0 }

    func receiveMessage() {
        append(GRPC_OP_RECV_MESSAGE) { $0.recv_message.recv_message = message }
    }

    func receiveClose() {
        append(GRPC_OP_RECV_CLOSE_ON_SERVER) { $0.recv_close_on_server.cancelled = cancelled }
    }

    func sendInitialMetadata() {
        append(GRPC_OP_SEND_INITIAL_METADATA)
    }

    func sendMessage(_ bytes: [UInt8]) {
        sent = Bytes.buffer(bytes)
        append(GRPC_OP_SEND_MESSAGE) { $0.send_message.send_message = sent }
    }

    func sendStatus(_ status: Status) {
        details.pointee = Bytes.slice(status.message)
        append(GRPC_OP_SEND_STATUS_FROM_SERVER) {
            $0.send_status_from_server.status = grpc_status_code(status.code)
            $0.send_status_from_server.status_details = details
        }
    }

    func append(_ kind: grpc_op_type, _ fill: (inout grpc_op_data) -> Void = { _ in }) {
        var operation = grpc_op()
        operation.op = kind
        fill(&operation.data)
        operations.append(operation)
    }

    /// Starts them; `completed` runs on the queue's thread.
    func start(on call: OpaquePointer, _ completed: @escaping (Batch, Bool) -> Void) {
        let tag = Completion { completed(self, $0) }.tag
        let error = grpc_call_start_batch(call, operations, operations.count, tag, nil)
        if error != GRPC_CALL_OK { Completion.run(tag, succeeded: false) }
    }
}
