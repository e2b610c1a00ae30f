import Model
import System
import Testing

@Suite struct DeadlineTests {
    @Test func whatTakesTooLongIsCancelledAndNamed() async throws {
        let error = await #expect(throws: GantryError.self) {
            try await withDeadline(.milliseconds(5), "the test") {
                try await Task.sleep(for: .seconds(600))
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.message.contains("the test took longer than") == true)
    }

    @Test func aShorterLimitIsNotHeldUpByALongerOne() async {
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withDeadline(.seconds(600), "the long one") {
                    try await Task.sleep(for: .seconds(600))
                }
            }
            await #expect(throws: GantryError.self) {
                try await withDeadline(.milliseconds(5), "the short one") {
                    try await Task.sleep(for: .seconds(600))
                }
            }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }

    @Test func manyLimitsEndAtOnce() async {
        let late = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let result: Void? = try? await withDeadline(
                        .milliseconds(index % 20 + 1), "one"
                    ) {
                        if index % 2 == 0 { try await Task.sleep(for: .seconds(600)) }
                    }
                    return result == nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(late >= 250)
    }
}
