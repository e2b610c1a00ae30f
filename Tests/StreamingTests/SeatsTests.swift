import Testing

@testable import Streaming

@Suite struct SeatsTests {
    private struct Failure: Error {}

    @Test func asManyAsThereAre() async throws {
        let seats = Seats(1)
        var refused = 0
        try await seats.sit {
            try await seats.sit {
                Issue.record("there was no seat")
            } orElse: {
                refused += 1
            }
        } orElse: {
            Issue.record("there was a seat")
        }
        #expect(refused == 1)
    }

    @Test func aSeatIsFreeAgainHoweverItWasLeft() async throws {
        let seats = Seats(1)
        for _ in 0..<3 {
            await #expect(throws: Failure.self) {
                try await seats.sit {
                    throw Failure()
                } orElse: {
                    Issue.record("it is taken")
                }
            }
        }
    }
}
