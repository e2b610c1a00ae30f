import Model
import Testing

@testable import gantry

@Suite struct TraceTextTests {
    private let trace = GetTraceResponse(
        sandboxId: "abc", pod: "default/<web>",
        operations: [
            TracedOperation(
                name: "RunPodSandbox", startedAt: 0, duration: 100_000_000,
                spans: [
                    TracedSpan(name: "first", start: 0, duration: 50_000_000),
                    TracedSpan(name: "inner", depth: 1, start: 25_000_000, duration: 12_500_000),
                    TracedSpan(name: "second", start: 50_000_000, duration: -1),
                ])
        ])

    private var lines: [String] {
        TraceText(trace).text.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test func aBarStandsWhereItsTimeWas() {
        #expect(lines[0] == "default/<web>  abc")
        #expect(lines[2] == "RunPodSandbox   100.0 ms")
        #expect(
            lines[3] == "  first          50.0 ms  |\(String(repeating: "█", count: 20))"
                + "\(String(repeating: " ", count: 20))|")
        #expect(
            lines[4] == "    inner        12.5 ms  |\(String(repeating: " ", count: 10))█████"
                + "\(String(repeating: " ", count: 25))|")
    }

    @Test func whatGoesOnReachesTheEnd() {
        #expect(
            lines[5] == "  second         goes on  |\(String(repeating: " ", count: 20))"
                + "\(String(repeating: "█", count: 20))|")
    }

    @Test func thePictureHasABarAStep() {
        let text = TraceSVG(trace).text
        #expect(text.components(of: "<rect ") == 4)
        #expect(text.contains("default/&lt;web&gt;"))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
