internal import CGRPC
internal import Glibc

/// Calls unary methods of a server on a unix socket: what the program's own commands need.
public final class Client: @unchecked Sendable {
    private let channel: OpaquePointer
    private let completions: CompletionQueue

    /// Connects with the first call.
    public init(socketPath: String) {
        Core.begin()
        completions = CompletionQueue()
        let credentials = grpc_insecure_credentials_create()
        defer { grpc_channel_credentials_release(credentials) }
        channel = grpc_channel_create("unix:\(socketPath)", credentials, nil)
        completions.start {}
    }

    deinit {
        grpc_channel_destroy(channel)
        completions.shutdown()
    }

    /// - Parameter limit: how long the answer may take.
    /// - Throws: `Status` as the server gave it, or `unavailable` (14) when there is none.
    public func call(
        _ path: String, _ request: [UInt8], limit: Duration = .seconds(10)
    ) async throws -> [UInt8] {
        let name = Bytes.slice(path)
        defer { grpc_slice_unref(name) }
        let milliseconds = Int64((limit / .milliseconds(1)) as Double)
        let end = gpr_time_add(
            gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(milliseconds, GPR_TIMESPAN))
        let call = grpc_channel_create_call(
            channel, nil, Self.propagateDefaults, completions.queue, name, nil, end, nil)
        guard let call else { throw Status(code: Status.internal, message: "no call to \(path)") }
        defer { grpc_call_unref(call) }
        return try await Self.exchange(call, request)
    }

    /// GRPC_PROPAGATE_DEFAULTS, a macro that Swift does not import (docs/c-libraries.md).
    private static let propagateDefaults: UInt32 = 0xffff

    private static func exchange(_ call: OpaquePointer, _ request: [UInt8]) async throws -> [UInt8]
    {
        let answer = CallAnswer()
        let batch = Batch()
        batch.sendInitialMetadata()
        batch.sendMessage(request)
        batch.append(GRPC_OP_SEND_CLOSE_FROM_CLIENT)
        batch.append(GRPC_OP_RECV_INITIAL_METADATA) {
            $0.recv_initial_metadata.recv_initial_metadata = answer.initialMetadata
        }
        batch.receiveMessage()
        batch.append(GRPC_OP_RECV_STATUS_ON_CLIENT) {
            $0.recv_status_on_client.trailing_metadata = answer.trailingMetadata
            $0.recv_status_on_client.status = answer.code
            $0.recv_status_on_client.status_details = answer.details
        }
        await withCheckedContinuation { continuation in
            batch.start(on: call) { _, _ in continuation.resume() }
        }
        let status = answer.status
        guard status.code == Status.ok.code, let received = batch.received else { throw status }
        return received
    }
}

/// Where the core writes what the server answered besides the message.
private final class CallAnswer {
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
        Status(code: Int32(code.pointee.rawValue), message: Bytes.text(details.pointee))
    }
}
