import Model
import Testing

@testable import Service

@Suite struct MetricTests {
    private let descriptors = ListMetricDescriptors.descriptors(of: MetricFamily.allCases)

    @Test func allOfCadvisorsNamesOnce() {
        #expect(descriptors.count == 58)
        #expect(Set(descriptors.map(\.name)).count == descriptors.count)
    }

    @Test func eachIsDescribed() {
        for descriptor in descriptors {
            #expect(descriptor.name.hasPrefix("container_"))
            #expect(descriptor.help.hasSuffix("."))
            #expect(descriptor.labelKeys.starts(with: MetricLabels.keys))
        }
    }

    /// Prometheus' naming: what only grows ends in `_total`, and nothing else does.
    @Test func countersAreTotals() {
        let exceptions: Set = ["container_memory_failcnt"]
        for family in MetricFamily.allCases {
            let types = family.definitions.map { ($0.name, $0.type) }
            for (name, type) in types + family.podDefinitions.map({ ($0.name, $0.type) })
            where !exceptions.contains(name) && name != "container_fs_inodes_total" {
                #expect((type == .counter) == name.hasSuffix("_total"), "\(name)")
            }
        }
    }

    @Test func aFamilyThatIsNotConfiguredIsNotDescribed() {
        let names = ListMetricDescriptors.descriptors(of: [.oom]).map(\.name)
        #expect(names == ["container_oom_events_total"])
    }
}

@Suite struct UsageNotesTests {
    private let second: Int64 = 1_000_000_000

    @Test func theFirstRateIsThatSinceTheStart() {
        let notes = UsageNotes()
        #expect(notes.rate(usage: 500_000_000, at: 12 * second, since: 10 * second) == 250_000_000)
    }

    @Test func thenItIsThatSinceTheLastQuestion() {
        let notes = UsageNotes()
        _ = notes.rate(usage: 500_000_000, at: 12 * second, since: 10 * second)
        #expect(
            notes.rate(usage: 1_500_000_000, at: 13 * second, since: 10 * second) == 1_000_000_000)
    }

    /// The kernel's ticks are too coarse for less than that.
    @Test func soonAfterThatItStands() {
        let notes = UsageNotes()
        _ = notes.rate(usage: 500_000_000, at: 12 * second, since: 10 * second)
        #expect(
            notes.rate(usage: 500_000_001, at: 12 * second + 1, since: 10 * second) == 250_000_000)
    }

    @Test func beforeTheStartThereIsNone() {
        #expect(UsageNotes().rate(usage: 5, at: 12 * second, since: nil) == nil)
    }
}
