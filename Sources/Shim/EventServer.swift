internal import Model
internal import Protobuf
public import TTRPC

/// What a shim tells without having been asked.
public enum TaskEvent: Hashable, Sendable {
    /// A process has ended: of a task, or one that was added to it.
    case exit(task: String, exec: String, TaskEnd)
    /// The kernel has killed in a task for want of memory.
    case outOfMemory(task: String)
}

/// The service that shims send their events to. One connection after the other is served with its
/// methods (`TTRPC.Server`); events that nothing follows from are taken and passed over.
public struct EventServer: Sendable {
    public static let service = "containerd.services.events.ttrpc.v1.Events"

    /// - Parameter receive: must be done with an event when it returns: the shim sends it again only
    ///   when that throws.
    public static func methods(
        _ receive: @escaping @Sendable (TaskEvent) async throws -> Void
    ) -> [String: Server.Method] {
        [
            "\(service)/Forward": .unary { bytes in
                let request: ForwardRequest = try Codec.decode(bytes)
                if let event = try event(request.envelope) { try await receive(event) }
                return Codec.encode(Nothing())
            }
        ]
    }

    static func event(_ envelope: EventEnvelope?) throws -> TaskEvent? {
        guard let envelope, let content = envelope.event else {
            throw GantryError(.invalidArgument, "the event has no envelope, or nothing in it")
        }
        switch envelope.topic {
        case "/tasks/exit":
            let exit: TaskExit = try Codec.decode(content.value)
            return .exit(
                task: exit.containerId, exec: exit.id == exit.containerId ? "" : exit.id,
                TaskEnd(status: exit.exitStatus, at: exit.exitedAt))
        case "/tasks/oom":
            let out: TaskOOM = try Codec.decode(content.value)
            return .outOfMemory(task: out.containerId)
        default: return nil
        }
    }
}
