import Synchronization
import System
import Testing

@Suite struct AlarmTests {
    @Test func whatIsCalledOffDoesNotHappen() async throws {
        let (calls, tell) = AsyncStream.makeStream(of: String.self)
        Alarm.after(.milliseconds(20)) { tell.yield("called off") }.cancel()
        _ = Alarm.after(.milliseconds(40)) { tell.yield("second") }
        _ = Alarm.after(.milliseconds(10)) { tell.yield("first") }
        _ = Alarm.after(.milliseconds(60)) { tell.finish() }
        #expect(await calls.reduce(into: []) { $0.append($1) } == ["first", "second"])
    }

    @Test func aSleeperWakesOrIsCancelled() async throws {
        try await Alarm.sleep(for: .milliseconds(1))
        let sleeper = Task { try await Alarm.sleep(for: .seconds(3600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
