internal import Image
internal import Model
internal import Synchronization

/// How far each pull is, from its beginning to its end.
final class PullsUnderWay: Sendable {
    private struct State {
        var nextKey = 0
        var pulls: [Int: PullUnderWay] = [:]
    }

    private let state = Mutex(State())

    /// In the order of their beginnings.
    var all: [PullUnderWay] {
        state.withLock { state in state.pulls.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Runs a pull, which notes here how far it is.
    func track<Result: Sendable>(
        _ image: String,
        _ body: (_ note: @escaping @Sendable (PullProgress) -> Void) async throws -> Result
    ) async throws -> Result {
        let key = state.withLock { state in
            state.nextKey += 1
            state.pulls[state.nextKey] = PullUnderWay(image: image)
            return state.nextKey
        }
        defer { state.withLock { _ = $0.pulls.removeValue(forKey: key) } }
        return try await body { progress in
            self.state.withLock { $0.pulls[key]?.note(progress) }
        }
    }
}

extension PullUnderWay {
    /// A second attempt at another endpoint begins anew.
    fileprivate mutating func note(_ progress: PullProgress) {
        let layer = PulledLayer(
            digest: progress.digest, received: progress.received, size: progress.size)
        if let index = layers.firstIndex(where: { $0.digest == layer.digest }) {
            layers[index] = layer
        } else {
            layers.append(layer)
        }
    }
}

struct ListPulls: RPC {
    let node: Node

    func respond(to request: ListPullsRequest) async throws -> ListPullsResponse {
        ListPullsResponse(pulls: node.pulls.all)
    }
}
