internal import CGRPC
internal import Glibc

/// What to do when an operation of the C core completes. The core carries it as an opaque tag.
final class Completion: @unchecked Sendable {
    private let body: (_ succeeded: Bool) -> Void

    init(_ body: @escaping (_ succeeded: Bool) -> Void) {
        self.body = body
    }

    /// The tag; the core gives it back exactly once.
    var tag: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func run(_ tag: UnsafeMutableRawPointer, succeeded: Bool) {
        Unmanaged<Completion>.fromOpaque(tag).takeRetainedValue().body(succeeded)
    }
}

/// The core's queue of completed operations, drained by one thread of our own.
///
/// Handlers begin on that thread (`Task.immediate`): a call then costs half the CPU that a hop to
/// the concurrency pool would. They must not block it.
final class CompletionQueue: @unchecked Sendable {
    let queue: OpaquePointer

    init() {
        queue = grpc_completion_queue_create_for_next(nil)
    }

    /// Starts the thread; `ended` is called on it when the queue was shut down and is empty.
    func start(ended: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Loop(self, ended)).toOpaque()
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(result == 0, "no thread for gRPC could be started: errno \(result)")
        pthread_detach(thread)
    }

    func shutdown() {
        grpc_completion_queue_shutdown(queue)
    }

    private final class Loop {
        let owner: CompletionQueue
        let ended: @Sendable () -> Void

        init(_ owner: CompletionQueue, _ ended: @escaping @Sendable () -> Void) {
            self.owner = owner
            self.ended = ended
        }

        func run() {
            while true {
                let event = grpc_completion_queue_next(
                    owner.queue, gpr_inf_future(GPR_CLOCK_REALTIME), nil)
                if event.type == GRPC_QUEUE_SHUTDOWN { break }
                guard event.type == GRPC_OP_COMPLETE, let tag = event.tag else { continue }
                Completion.run(tag, succeeded: event.success != 0)
            }
            grpc_completion_queue_destroy(owner.queue)
            ended()
        }
    }
}
