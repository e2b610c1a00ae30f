internal import CGRPC
internal import Glibc

@testable import GRPC

/// A client of the same C core, so that the tests can send what a well-behaved client would not.
final class Client: @unchecked Sendable {
    private let channel: OpaquePointer
    private let completions = CompletionQueue()

    init(_ socketPath: String) {
        let credentials = grpc_insecure_credentials_create()
        defer { grpc_channel_credentials_release(credentials) }
        var limit = grpc_arg()
        limit.type = GRPC_ARG_INTEGER
        limit.value.integer = -1
        let name = strdup("grpc.max_receive_message_length")
        defer { free(name) }
        limit.key = name
        channel = withUnsafeMutablePointer(to: &limit) { limit in
            var arguments = grpc_channel_args(num_args: 1, args: limit)
            return grpc_channel_create("unix:\(socketPath)", credentials, &arguments)
        }
        completions.start {}
    }

    deinit {
        grpc_channel_destroy(channel)
        completions.shutdown()
    }

    /// Begins a call that sends `messages`; a unary method takes exactly one.
    func begin(
        _ path: String, _ messages: [[UInt8]], deadline: Duration = .seconds(30)
    ) async -> ClientCall {
        let name = Bytes.slice(path)
        defer { grpc_slice_unref(name) }
        let end = gpr_time_add(
            gpr_now(GPR_CLOCK_MONOTONIC),
            gpr_time_from_millis(deadline / .milliseconds(1), GPR_TIMESPAN))
        let call = ClientCall(
            grpc_channel_create_call(
                channel, nil, 0xffff, completions.queue, name, nil, end, nil), self)
        await call.send(messages)
        return call
    }

    /// Calls a unary method, or reads all that a stream answers.
    func call(
        _ path: String, _ messages: [[UInt8]] = [[]], deadline: Duration = .seconds(30)
    ) async -> (messages: [[UInt8]], status: Status) {
        let call = await begin(path, messages, deadline: deadline)
        var answers: [[UInt8]] = []
        while let answer = await call.next() { answers.append(answer) }
        return (answers, await call.status())
    }
}

extension Duration {
    fileprivate static func / (duration: Duration, unit: Duration) -> Int64 {
        Int64((duration / unit) as Double)
    }
}
