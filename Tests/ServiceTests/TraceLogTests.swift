import Model
import Testing

@testable import Service
@testable import System

@Suite struct TraceLogTests {
    private func entry(_ name: String, _ subject: String = "", at time: Int64 = 1) -> TraceLog.Entry
    {
        TraceLog.Entry(name: name, subject: subject, startedAt: time, recorder: TraceRecorder())
    }

    private func name(_ pod: String) -> TraceLog.PodName {
        TraceLog.PodName(PodSandboxMetadata(name: pod, uid: "uid-\(pod)", namespace: "default"))
    }

    @Test func operationsOfAPodInTheirOrder() async throws {
        let log = TraceLog()
        let run = entry("RunPodSandbox", at: 1)
        let create = entry("CreateContainer", "server", at: 2)
        log.begin(run, sandbox: "abc", name("web"))
        await run.recorder.record { await Trace.span("network") { await Trace.span("CNI") {} } }
        log.begin(create, sandbox: "abc", name("web"))
        log.end(create, sandbox: "abc", failed: true)
        log.end(run, sandbox: "abc", failed: false)
        let trace = try #require(try log.trace(of: "ab"))
        #expect(trace.pod == "default/web")
        #expect(trace.operations.map(\.name) == ["RunPodSandbox", "CreateContainer"])
        #expect(trace.operations.map(\.failed) == [false, true])
        #expect(trace.operations[0].spans.map(\.depth) == [0, 1])
        #expect(try log.trace(of: "default/web") == trace)
    }

    @Test func anOperationUnderWayIsShown() throws {
        let log = TraceLog()
        log.begin(entry("RunPodSandbox"), sandbox: "abc", name("web"))
        #expect(try log.trace(of: "abc")?.operations.map(\.duration) == [-1])
    }

    @Test func theOldestPodIsForgotten() throws {
        let log = TraceLog(limit: 2)
        for pod in ["one", "two", "three"] {
            log.begin(entry("RunPodSandbox"), sandbox: pod, name(pod))
        }
        #expect(try log.trace(of: "one") == nil)
        #expect(try log.trace(of: "two") != nil)
        // Its end comes too late to be of use, and does no harm.
        log.end(entry("RunPodSandbox"), sandbox: "one", failed: false)
    }

    @Test func operationsOfAPodAreBounded() throws {
        let log = TraceLog()
        for time in 0..<100 {
            let start = entry("StartContainer", at: Int64(time))
            log.begin(start, sandbox: "abc", name("web"))
            log.end(start, sandbox: "abc", failed: false)
        }
        #expect(try log.trace(of: "abc")?.operations.map(\.startedAt) == Array(36..<100))
    }

    @Test func aPullIsThatOfTheLastPodOfTheName() {
        let log = TraceLog()
        log.begin(entry("RunPodSandbox"), sandbox: "old", name("web"))
        log.begin(entry("RunPodSandbox"), sandbox: "new", name("web"))
        #expect(log.sandbox(of: name("web")) == "new")
        #expect(log.sandbox(of: name("other")) == nil)
    }
}

@Suite struct SlowReportTests {
    private func recorded(_ body: () async -> Void) async -> [TraceRecorder.Span] {
        let recorder = TraceRecorder()
        await recorder.record(body)
        return recorder.spans
    }

    @Test func whatIsQuickAndGoesWellIsNotReported() {
        #expect(
            SlowReport("RunPodSandbox", "", [], elapsed: .milliseconds(80), failed: false) == nil)
    }

    @Test func whatFailsIsReportedWithItsSteps() async {
        let spans = await recorded { await Trace.span("CNI ADD bridge") {} }
        let report = SlowReport(
            "RunPodSandbox", "", spans, elapsed: .nanoseconds(1), failed: true)
        #expect(
            report?.description == "RunPodSandbox failed after 0 ms (CNI ADD bridge 0 ms)")
    }

    @Test func theStepThatItWasStuckInIsNamed() {
        let spans = [
            TraceRecorder.Span(
                name: "network", parent: nil, start: .seconds(1), duration: .seconds(35)),
            TraceRecorder.Span(
                name: "CNI ADD bridge", parent: 0, start: .seconds(1), duration: .seconds(34)),
            TraceRecorder.Span(
                name: "monitor", parent: nil, start: .zero, duration: .milliseconds(4)),
        ]
        let report = SlowReport("RunPodSandbox", "", spans, elapsed: .seconds(36), failed: false)
        #expect(
            report?.description
                == "RunPodSandbox took 36 s, stuck in CNI ADD bridge for 34 s (CNI ADD bridge 34 s)"
        )
    }

    @Test func whatIsSlowIsReported() {
        let report = SlowReport("StartContainer", "web", [], elapsed: .seconds(36), failed: false)
        #expect(report?.description == "StartContainer web took 36 s")
    }
}
