internal import CGRPC
internal import Glibc

/// The settings of the C core, each with its reason.
enum ServerArguments {
    private static let settings: [(name: String, value: Int32)] = [
        // What the kubelet's client takes and sends; the core's own limit is 4 MiB.
        ("grpc.max_receive_message_length", 16 << 20),
        ("grpc.max_send_message_length", 16 << 20),
        // Clients that ping without calls are not sent away (GOAWAY too_many_pings).
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 5000),
        ("grpc.http2.max_ping_strikes", 0),
        // The socket is the identity: a second server must not share it.
        ("grpc.so_reuseport", 0),
        // What nobody asks for costs each call: statistics for channelz, compression of answers, and
        // pings that measure a line's capacity, which a unix socket does not have.
        ("grpc.enable_channelz", 0),
        ("grpc.per_message_compression", 0),
        ("grpc.http2.bdp_probe", 0),
    ]

    static func makeServer() -> OpaquePointer {
        let names = settings.map { strdup($0.name) }
        defer { for name in names { free(name) } }
        var arguments = zip(names, settings).map { name, setting in
            var argument = grpc_arg()
            argument.type = GRPC_ARG_INTEGER
            argument.key = name
            argument.value.integer = setting.value
            return argument
        }
        return arguments.withUnsafeMutableBufferPointer { buffer in
            var all = grpc_channel_args(num_args: buffer.count, args: buffer.baseAddress)
            return grpc_server_create(&all, nil)
        }
    }
}
