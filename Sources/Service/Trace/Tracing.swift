internal import Logging
internal import Model
internal import System

extension Node {
    /// Runs an operation of a pod's start, and remembers where its time went. One that is slow or
    /// fails is told of in the log.
    /// - Parameter subject: the container's or image's name; empty for the sandbox itself.
    func traced<Result: Sendable>(
        _ name: String, _ subject: String = "", of sandbox: Sandbox,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let metadata = sandbox.config.metadata ?? PodSandboxMetadata()
        return try await traced(name, subject, sandbox.id, TraceLog.PodName(metadata), body)
    }

    /// A pull, of the pod that the kubelet says it is for, when that is known.
    func tracedPull<Result: Sendable>(
        _ image: String, for config: PodSandboxConfig?,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let name = config?.metadata.map(TraceLog.PodName.init),
            let sandbox = traces.sandbox(of: name)
        else { return try await body() }
        return try await traced("PullImage", image, sandbox, name, body)
    }

    private func traced<Result: Sendable>(
        _ name: String, _ subject: String, _ sandbox: String, _ pod: TraceLog.PodName,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let asked = Operations.askedAt ?? .now
        let recorder = TraceRecorder(begun: asked)
        let entry = TraceLog.Entry(
            name: name, subject: subject,
            startedAt: Clock.now() - asked.duration(to: .now).nanoseconds, recorder: recorder)
        recorder.noteWait("queue")
        traces.begin(entry, sandbox: sandbox, pod)
        do {
            let result = try await recorder.record(body)
            finish(entry, sandbox, pod, failed: false)
            return result
        } catch {
            finish(entry, sandbox, pod, failed: true)
            throw error
        }
    }

    private func finish(
        _ entry: TraceLog.Entry, _ sandbox: String, _ pod: TraceLog.PodName, failed: Bool
    ) {
        traces.end(entry, sandbox: sandbox, failed: failed)
        spans.offer(CallContext.current?.parent) { context in
            FinishedOperation(
                context: context, name: entry.name, subject: entry.subject, sandbox: sandbox,
                pod: pod.text, uid: pod.uid, startedAt: entry.startedAt,
                duration: entry.recorder.elapsed.nanoseconds, failed: failed,
                steps: entry.recorder.spans)
        }
        if let report = SlowReport(entry, failed: failed) { log.warning("\(pod.text): \(report)") }
    }
}
