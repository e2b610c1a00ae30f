import Testing

@testable import Service

/// W3C Trace Context, "traceparent Header".
struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test func whatAKubeletSendsIsRead() throws {
        let sampled = try #require(TraceParent("00-\(Self.trace)-\(Self.span)-01"))
        #expect(sampled.trace == Self.trace && sampled.span == Self.span && sampled.isSampled)
        #expect(TraceParent("00-\(Self.trace)-\(Self.span)-00")?.isSampled == false)
        #expect(TraceParent("01-\(Self.trace)-\(Self.span)-09-more")?.isSampled == true)
    }

    @Test(arguments: [
        "", "-", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-01-more",
        "ff-\(trace)-\(span)-01",
        "00-\(trace.uppercased())-\(span)-01", "00-\(String(repeating: "0", count: 32))-\(span)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace)-\(span)-0g", "00-\(trace)0-\(span)-01",
        "00-\(trace)-\(span)-\u{0301}1",
    ])
    func whatIsNoneCountsForNothing(_ text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test func idsHaveSixteenDigits() {
        #expect(TraceParent.digits(1) == "0000000000000001")
        #expect(TraceParent.digits(.max) == "ffffffffffffffff")
    }

    private func operation(_ context: TraceParent) -> FinishedOperation {
        FinishedOperation(
            context: context, name: "RunPodSandbox", subject: "", sandbox: "", pod: "a/b", uid: "",
            startedAt: 1, duration: 1, failed: false, steps: [])
    }

    @Test func theQueueIsBounded() {
        let queue = SpanQueue(limit: 2)
        queue.offer(nil, operation)
        #expect(queue.take(most: 5).isEmpty)
        queue.open(TraceSampling(perMillion: 1_000_000))
        for _ in 0..<5 { queue.offer(nil, operation) }
        #expect(queue.counts.dropped == 3)
        let taken = queue.take(most: 1)
        #expect(taken.count == 1 && taken[0].context.span == nil)
        queue.note(taken, areExported: true)
        #expect(queue.counts == (1, 3))
    }

    @Test func theCallerDecidesOfItsOwn() {
        let queue = SpanQueue()
        queue.open(TraceSampling(perMillion: 0))
        queue.offer(nil, operation)
        queue.offer(TraceParent("00-\(Self.trace)-\(Self.span)-00"), operation)
        #expect(queue.take(most: 5).isEmpty)
        queue.offer(TraceParent("00-\(Self.trace)-\(Self.span)-01"), operation)
        #expect(queue.take(most: 5).map(\.context.trace) == [Self.trace])
    }
}
