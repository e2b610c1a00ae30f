internal import Model
internal import MonitorProtocol

/// How containers end, in words.
extension ContainerExit {
    static func lost(startedAt: Int64) -> ContainerExit {
        ContainerExit(
            startedAt: startedAt, finishedAt: Clock.now(), code: 255, reason: "MonitorLost",
            message: "the pod's monitor died before the container's exit was known")
    }

    /// The reasons are the kubelet's words: `OOMKilled` exactly, `Completed`, `Error`.
    init(_ record: ExitRecord, startedAt: Int64) {
        let reason =
            record.outOfMemory ? "OOMKilled" : record.code == 0 ? "Completed" : "Error"
        self.init(
            startedAt: startedAt, finishedAt: record.finishedAt, code: record.code, reason: reason)
    }

    /// The end of a container whose creation failed, and which the runtime could not take back yet.
    static func notCreated(_ error: any Error) -> ContainerExit {
        ContainerExit(
            startedAt: 0, finishedAt: Clock.now(), code: 128, reason: createError,
            message: String(describing: error))
    }

    /// Whether anybody was ever told the container's ID.
    var wasCreated: Bool { reason != Self.createError }

    private static let createError = "CreateError"
}
