internal import Kernel
internal import Image
internal import Logging
internal import Model
internal import Synchronization
internal import Text

/// How far each pull is, from its beginning to its end. Those that take long are told of in the log.
final class PullsUnderWay: Sendable {
    private struct State {
        var nextKey = 0
        var pulls: [Int: PullUnderWay] = [:]
        var lines: PullLines
    }

    private let state: Mutex<State>
    private let log: Logger
    private let now: @Sendable () -> Int64

    /// - Parameter now: nanoseconds since 1970.
    init(_ log: Logger, now: @escaping @Sendable () -> Int64 = Clock.now) {
        self.log = log
        self.now = now
        state = Mutex(State(lines: PullLines()))
    }

    /// In the order of their beginnings.
    var all: [PullUnderWay] {
        state.withLock { state in state.pulls.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Runs a pull, which notes here how far it is.
    func track<Result: Sendable>(
        _ image: String,
        _ body: (_ note: @escaping @Sendable (PullEvent) -> Void) async throws -> Result
    ) async throws -> Result {
        let begin = now()
        let key = state.withLock { state in
            state.nextKey += 1
            state.pulls[state.nextKey] = PullUnderWay(image: image, startedAt: begin)
            return state.nextKey
        }
        defer { end(key) }
        let call = CallContext.current
        return try await body { event in
            // Where bytes come from is no task's thread.
            CallContext.$current.withValue(call) { self.note(event, key) }
        }
    }

    private func note(_ event: PullEvent, _ key: Int) {
        let time = now()
        let line: PullUnderWay? = state.withLock { state in
            // In its place: a piece of a layer is no reason to copy what is known of all.
            state.pulls[key]?.note(event)
            guard let begin = state.pulls[key]?.startedAt,
                state.lines.isDue(key, since: begin, now: time)
            else { return nil }
            return state.pulls[key]
        }
        if let line { log.info("pulling", metadata: line.metadata) }
    }

    /// A pull that was told of gets a last line, whatever came of it; the reason is its RPC's to tell.
    private func end(_ key: Int) {
        let ended = state.withLock { state in
            let pull = state.pulls.removeValue(forKey: key)
            return state.lines.forget(key) ? pull : nil
        }
        guard var metadata = ended?.metadata, let ended else { return }
        metadata["seconds"] = "\((now() - ended.startedAt) / 1_000_000_000)"
        log.info("pull ended", metadata: metadata)
    }
}

extension PullUnderWay {
    fileprivate mutating func note(_ event: PullEvent) {
        switch event {
        case .layers(let all): layers = all.map(PulledLayer.init)
        case .progress(let one):
            guard let index = layers.firstIndex(where: { $0.digest == one.digest }) else { return }
            layers[index] = PulledLayer(one)
        }
    }

    /// Layers that were here already do not count.
    fileprivate var metadata: Logger.Metadata {
        let own = layers.filter { $0.state != PullProgress.State.present.rawValue }
        let done = own.count { $0.state == PullProgress.State.done.rawValue }
        let (received, size) = (own.map(\.received).total, own.map(\.size).total)
        return [
            "image": "\(image)", "bytes": "\(received)/\(size)", "layers": "\(done)/\(own.count)",
        ]
    }
}

extension PulledLayer {
    fileprivate init(_ progress: PullProgress) {
        self.init(
            digest: progress.digest, received: progress.received, size: progress.size,
            state: progress.state.rawValue)
    }
}

struct ListPulls: RPC {
    let node: Node

    func respond(to request: ListPullsRequest) async throws -> ListPullsResponse {
        ListPullsResponse(pulls: node.pulls.all)
    }
}
