import System
import Testing

@testable import Service

@Suite struct ExpositionTests {
    @Test func valuesInTheOrderOfTheirLabels() {
        var page = Exposition()
        page.add("pods", "gauge", "Pods.", ["phase"], values: [["stopped"]: 1.5, ["ready"]: 2])
        #expect(
            page.text == """
                # HELP pods Pods.
                # TYPE pods gauge
                pods{phase="ready"} 2
                pods{phase="stopped"} 1.5

                """)
    }

    @Test func labelsAreEscaped() {
        var page = Exposition()
        page.add("a", "gauge", "A.", ["b"], counts: [["x\"y\\z\n"]: 1])
        #expect(page.text.hasSuffix("a{b=\"x\\\"y\\\\z\\n\"} 1\n"))
    }

    @Test func histogramsAreCumulative() {
        let durations = Durations()
        durations.observe(["add"], .milliseconds(2))
        durations.observe(["add"], .milliseconds(300))
        durations.observe(["add"], .seconds(500))
        var page = Exposition()
        page.add("call_seconds", "Calls.", ["verb"], histograms: durations.all)
        let lines = Set(page.text.split(separator: "\n"))
        #expect(lines.contains("call_seconds_bucket{verb=\"add\",le=\"0.001\"} 0"))
        #expect(lines.contains("call_seconds_bucket{verb=\"add\",le=\"0.0025\"} 1"))
        #expect(lines.contains("call_seconds_bucket{verb=\"add\",le=\"120\"} 2"))
        #expect(lines.contains("call_seconds_bucket{verb=\"add\",le=\"+Inf\"} 3"))
        #expect(lines.contains("call_seconds_count{verb=\"add\"} 3"))
        #expect(lines.contains("call_seconds_sum{verb=\"add\"} 500.302"))
    }

    @Test func outcomesAreTold() async {
        struct Broken: Error {}
        let durations = Durations()
        await durations.measure("bridge") {}
        try? await durations.measure("bridge") { throw Broken() }
        #expect(Set(durations.all.keys) == [["bridge", "ok"], ["bridge", "error"]])
    }
}
