import Image
import Logging
import Model
import Synchronization
import Testing

@testable import Service

struct PullsUnderWayTests {
    /// Keeps the lines of the log.
    private struct Lines: LogHandler {
        final class Kept: Sendable {
            let all = Mutex<[String]>([])
        }

        let kept = Kept()
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            let text = fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            kept.all.withLock { $0.append("\(event.message) \(text)") }
        }
    }

    private final class HandClock: Sendable {
        let milliseconds = Mutex<Int64>(0)
        var now: Int64 { milliseconds.withLock { $0 * 1_000_000 } }

        func move(to time: Int64) {
            milliseconds.withLock { $0 = time }
        }
    }

    private let lines = Lines()
    private let clock = HandClock()
    private let pulls: PullsUnderWay

    init() {
        let (lines, clock) = (lines, clock)
        pulls = PullsUnderWay(Logger(label: "pulls") { _ in lines }) { clock.now }
    }

    private var logged: [String] { lines.kept.all.withLock { $0 } }

    private func layer(
        _ digest: String, _ received: UInt64, _ state: PullProgress.State = .fetching
    ) -> PullProgress {
        PullProgress(digest: digest, received: received, size: 100, state: state)
    }

    @Test func whatIsToldOfAPull() async throws {
        try await pulls.track("image") { note in
            #expect(pulls.all == [PullUnderWay(image: "image")])
            note(.layers([layer("a", 0, .present), layer("b", 0, .waiting)]))
            note(.progress(layer("b", 50)))
            note(.progress(layer("unknown", 50)))
            #expect(
                pulls.all == [
                    PullUnderWay(
                        image: "image",
                        layers: [
                            PulledLayer(digest: "a", received: 0, size: 100, state: "present"),
                            PulledLayer(digest: "b", received: 50, size: 100, state: "fetching"),
                        ])
                ])
            note(.layers([layer("c", 0, .waiting)]))
            #expect(pulls.all.first?.layers.map(\.digest) == ["c"])
        }
        #expect(pulls.all.isEmpty)
        #expect(logged.isEmpty)
    }

    @Test func aLongPullIsLoggedLessAndLess() async throws {
        try await pulls.track("image") { note in
            note(.layers([layer("a", 0, .present), layer("b", 0, .done), layer("c", 0)]))
            for time in stride(from: Int64(0), through: 20_000, by: 100) {
                clock.move(to: time)
                note(.progress(layer("c", UInt64(time / 1000))))
            }
        }
        #expect(
            logged == [1, 2, 4, 8, 16].map { "pulling bytes=\($0)/200 image=image layers=1/2" }
                + ["pull ended bytes=20/200 image=image layers=1/2 seconds=20"])
    }

    @Test func manyPullsAreOneLineASecond() async throws {
        try await pulls.track("one") { one in
            try await pulls.track("two") { two in
                for note in [one, two] { note(.layers([layer("a", 0)])) }
                for time in stride(from: Int64(0), through: 1900, by: 100) {
                    clock.move(to: time)
                    for note in [one, two] { note(.progress(layer("a", 1))) }
                }
                #expect(logged.count == 1)
                clock.move(to: 2000)
                for note in [two, one] { note(.progress(layer("a", 1))) }
                #expect(logged.count == 2)
            }
        }
        #expect(logged.filter { $0.hasPrefix("pull ended") }.count == 2)
    }
}
