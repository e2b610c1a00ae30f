internal import NIOCore

/// The streams of exec and attach, by the numbers that they have in the WebSocket protocols
/// (k8s.io/apimachinery/pkg/util/remotecommand).
enum CommandChannel: UInt8, CaseIterable {
    case stdin = 0
    case stdout = 1
    case stderr = 2
    case error = 3
    case resize = 4

    /// Of the header `streamType`.
    init?(streamType: String) {
        guard let channel = Self.allCases.first(where: { "\($0)" == streamType }) else {
            return nil
        }
        self = channel
    }
}

/// The way back to the client of an exec or attach.
protocol CommandWire: Sendable {
    func send(_ channel: CommandChannel, _ bytes: ByteBuffer) async throws
    /// Says that no more comes on `channel`.
    func close(_ channel: CommandChannel) async throws
}
