internal import CGRPC

@testable import GRPC

/// One call of the tests' client.
final class ClientCall: @unchecked Sendable {
    private let call: OpaquePointer
    private let client: Client
    private let end = CallEnd()

    init(_ call: OpaquePointer, _ client: Client) {
        self.call = call
        self.client = client
    }

    deinit {
        grpc_call_unref(call)
    }

    func send(_ messages: [[UInt8]]) async {
        let opening = Batch()
        opening.sendInitialMetadata()
        await run(opening)
        for message in messages {
            let batch = Batch()
            batch.sendMessage(message)
            await run(batch)
        }
        let closing = Batch()
        closing.append(GRPC_OP_SEND_CLOSE_FROM_CLIENT)
        closing.append(GRPC_OP_RECV_INITIAL_METADATA) {
            $0.recv_initial_metadata.recv_initial_metadata = self.end.initialMetadata
        }
        // Completes with the server's first bytes, for which only `next` waits.
        closing.start(on: call) { _, _ in withExtendedLifetime(self) {} }
    }

    /// The next message; nil at the end of the call.
    func next() async -> [UInt8]? {
        let batch = Batch()
        batch.receiveMessage()
        await run(batch)
        return batch.received
    }

    /// How the call ended; asked once, when `next` has answered nil.
    func status() async -> Status {
        let batch = Batch()
        batch.append(GRPC_OP_RECV_STATUS_ON_CLIENT) {
            $0.recv_status_on_client.trailing_metadata = self.end.trailingMetadata
            $0.recv_status_on_client.status = self.end.code
            $0.recv_status_on_client.status_details = self.end.details
        }
        await run(batch)
        return end.status
    }

    func cancel() {
        grpc_call_cancel(call, nil)
    }

    private func run(_ batch: Batch) async {
        await withCheckedContinuation { continuation in
            batch.start(on: call) { _, _ in continuation.resume() }
        }
    }
}

/// Where the core writes what the server answered besides messages.
private final class CallEnd {
    let initialMetadata = UnsafeMutablePointer<grpc_metadata_array>.allocate(capacity: 1)
    let trailingMetadata = UnsafeMutablePointer<grpc_metadata_array>.allocate(capacity: 1)
    let code = UnsafeMutablePointer<grpc_status_code>.allocate(capacity: 1)
    let details = UnsafeMutablePointer<grpc_slice>.allocate(capacity: 1)

    init() {
        grpc_metadata_array_init(initialMetadata)
        grpc_metadata_array_init(trailingMetadata)
        code.initialize(to: GRPC_STATUS_OK)
        details.initialize(to: grpc_empty_slice())
    }

    deinit {
        grpc_metadata_array_destroy(initialMetadata)
        grpc_metadata_array_destroy(trailingMetadata)
        grpc_slice_unref(details.pointee)
        initialMetadata.deallocate()
        trailingMetadata.deallocate()
        code.deallocate()
        details.deallocate()
    }

    var status: Status {
        Status(code: code.pointee.rawValue, message: Bytes.text(details.pointee))
    }
}
