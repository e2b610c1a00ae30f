import Testing

@testable import System

@Suite struct TraceTests {
    private struct Broken: Error {}

    @Test func stepsAreNotedWithTheirParents() async throws {
        let recorder = TraceRecorder()
        await recorder.record {
            await Trace.span("outer") {
                await Trace.span("inner") {}
                await Trace.span("second") {}
            }
            await Trace.span("last") {}
        }
        let spans = recorder.spans
        #expect(spans.map(\.name) == ["outer", "inner", "second", "last"])
        #expect(spans.map(\.parent) == [nil, 0, 0, nil])
        #expect(spans.allSatisfy { $0.duration != nil && !$0.failed })
        let outer = try #require(spans[0].duration)
        let inner = try #require(spans[1].duration)
        #expect(spans[1].start >= spans[0].start && inner <= outer)
    }

    @Test func aFailureMarksTheStepAndThoseAround() async {
        let recorder = TraceRecorder()
        await #expect(throws: Broken.self) {
            try await recorder.record {
                await Trace.span("went well") {}
                try await Trace.span("outer") {
                    try await Trace.span("inner") { throw Broken() }
                }
            }
        }
        #expect(recorder.spans.map(\.failed) == [false, true, true])
    }

    @Test func whatGoesOnHasNoDuration() async {
        let recorder = TraceRecorder()
        await recorder.record {
            await Trace.span("goes on") {
                #expect(recorder.spans.map(\.duration) == [nil])
            }
        }
    }

    @Test func stepsOfChildTasksBelongToTheirParent() async {
        let recorder = TraceRecorder()
        await recorder.record {
            await Trace.span("all") {
                await withDiscardingTaskGroup { group in
                    for name in ["one", "two"] {
                        group.addTask { await Trace.span(name) {} }
                    }
                }
            }
        }
        #expect(Set(recorder.spans.dropFirst().map(\.name)) == ["one", "two"])
        #expect(recorder.spans.dropFirst().allSatisfy { $0.parent == 0 })
    }

    @Test func theirNumberIsBounded() async {
        let recorder = TraceRecorder()
        await recorder.record {
            for _ in 0..<1000 { await Trace.span("step") {} }
        }
        #expect(recorder.spans.count == 256)
    }

    @Test func outsideAnOperationNothingIsNoted() async {
        let value = await Trace.span("nowhere") { 5 }
        #expect(value == 5)
    }
}
