internal import Synchronization

/// The pairs of streams of a port-forwarding connection.
final class ForwardTable: Sendable {
    /// A pair of which both streams are there.
    struct Complete: Sendable {
        var error: UInt32
        var data: UInt32
        var port: UInt16
        var queue: ByteQueue
    }

    private struct Pair {
        var error: UInt32?
        var data: UInt32?
        var port: UInt16
        let queue = ByteQueue()
    }

    private struct State {
        var pairs: [String: Pair] = [:]
        var keys: [UInt32: String] = [:]
    }

    private let state = Mutex(State())

    /// - Returns: the key of the stream's pair; nil when the stream cannot be accepted.
    func open(_ stream: UInt32, _ headers: [SPDYHeader], _ isLast: Bool) -> String? {
        guard let type = headers["streamtype"], type == "error" || type == "data",
            let port = headers["port"].flatMap(UInt16.init), port > 0
        else { return nil }
        // Old clients number no requests, but open the two streams one after the other.
        let key = headers["requestid"] ?? "stream \(type == "error" ? stream : stream &- 2)"
        return state.withLock { state in
            guard state.keys.count < SPDYLimits.streams, state.keys[stream] == nil else {
                return nil
            }
            var pair = state.pairs[key] ?? Pair(port: port)
            let half: WritableKeyPath<Pair, UInt32?> = type == "error" ? \.error : \.data
            guard pair.port == port, pair[keyPath: half] == nil else { return nil }
            pair[keyPath: half] = stream
            if isLast, type == "data" { pair.queue.finish() }
            state.pairs[key] = pair
            state.keys[stream] = key
            return key
        }
    }

    func complete(_ key: String) -> Complete? {
        state.withLock { state in
            guard let pair = state.pairs[key], let error = pair.error, let data = pair.data else {
                return nil
            }
            return Complete(error: error, data: data, port: pair.port, queue: pair.queue)
        }
    }

    /// Where the bytes of a stream go.
    func queue(of stream: UInt32) -> ByteQueue? {
        state.withLock { state in
            guard let key = state.keys[stream], let pair = state.pairs[key], pair.data == stream
            else { return nil }
            return pair.queue
        }
    }

    /// - Returns: the one stream of a pair that is not complete.
    func removeIncomplete(_ key: String) -> UInt32? {
        let (stream, queue) = state.withLock { state -> (UInt32?, ByteQueue?) in
            guard let pair = state.pairs[key], pair.error == nil || pair.data == nil,
                let stream = pair.error ?? pair.data
            else { return (nil, nil) }
            state.pairs[key] = nil
            state.keys[stream] = nil
            return (stream, pair.queue)
        }
        queue?.abandon()
        return stream
    }

    func remove(_ key: String) {
        state.withLock { state in
            guard let pair = state.pairs.removeValue(forKey: key) else { return }
            for stream in [pair.error, pair.data].compactMap({ $0 }) { state.keys[stream] = nil }
        }
    }

    func abandonAll() {
        let queues = state.withLock { $0.pairs.values.map(\.queue) }
        for queue in queues { queue.abandon() }
    }
}
