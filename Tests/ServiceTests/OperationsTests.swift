import Logging
import Model
import Synchronization
import Testing

@testable import Service

@Suite struct OperationsTests {
    /// Runs `body` with operations whose nursery lives as long.
    private func withOperations(
        _ body: @Sendable (Operations) async throws -> Void
    ) async throws {
        let nursery = Nursery()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await nursery.run() }
            defer { nursery.close() }
            try await body(Operations(nursery))
        }
    }

    private final class Count: Sendable {
        private let value = Mutex(0)
        func increment() { value.withLock { $0 += 1 } }
        var current: Int { value.withLock { $0 } }
    }

    private let key = Operations.Key.runSandbox(name: "n/p/u/0")

    @Test func equalRequestsRunOnce() async throws {
        try await withOperations { operations in
            let runs = Count()
            let gate = Latch<Void>()
            async let first = operations.join(key, "same") { () -> Int in
                runs.increment()
                try await gate.wait()
                return 7
            }
            async let second = operations.join(key, "same") { () -> Int in
                runs.increment()
                try await gate.wait()
                return 7
            }
            gate.open(())
            let results = try await [first, second]
            #expect(results == [7, 7])
            #expect((1...2).contains(runs.current))
        }
    }

    @Test func aDifferentRequestUnderTheSameNameIsRefused() async throws {
        try await withOperations { operations in
            let begun = Latch<Void>()
            let gate = Latch<Void>()
            async let first: Void = operations.join(key, "one") {
                begun.open(())
                try await gate.wait()
            }
            try await begun.wait()
            let error = await #expect(throws: GantryError.self) {
                try await operations.join(key, "two") {}
            }
            #expect(error?.code == .alreadyExists)
            gate.open(())
            try await first
        }
    }

    @Test func aCallerThatGoesAwayLeavesTheOperationToItsRetry() async throws {
        try await withOperations { operations in
            let begun = Latch<Void>()
            let gate = Latch<Void>()
            let body: @Sendable () async throws -> String = {
                begun.open(())
                try await gate.wait()
                return "done"
            }
            let caller = Task { try await operations.join(key, "same", body) }
            try await begun.wait()
            caller.cancel()
            let error = await #expect(throws: GantryError.self) { try await caller.value }
            #expect(error?.code == .deadlineExceeded)
            async let retry = operations.join(key, "same") { "run anew" }
            // The retry has joined once it waits; a new run would answer by itself.
            gate.open(())
            let result = try await retry
            #expect(["done", "run anew"].contains(result))
        }
    }

    @Test func anErrorReachesEverybodyWhoWaits() async throws {
        try await withOperations { operations in
            let error = await #expect(throws: GantryError.self) {
                try await operations.join(key) { throw GantryError(.dataLoss, "torn") }
            }
            #expect(error?.code == .dataLoss)
        }
    }
}

@Suite struct UndoTests {
    private struct Failure: Error {}
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func allStepsRunInReverseWhateverFails() async throws {
        let order = Mutex<[Int]>([])
        await #expect(throws: Failure.self) {
            try await Undo.scope(log) { undo in
                for number in 1...3 {
                    undo.push("step \(number)") {
                        order.withLock { $0.append(number) }
                        if number == 2 { throw Failure() }
                    }
                }
                throw Failure()
            }
        }
        #expect(order.withLock { $0 } == [3, 2, 1])
    }

    @Test(arguments: [true, false]) func theEndKnowsWhetherAllWasTakenBack(goesWell: Bool) async {
        let told = Mutex<Bool?>(nil)
        await #expect(throws: Failure.self) {
            try await Undo.scope(log) { undo in
                undo.push("step") { if !goesWell { throw Failure() } }
                throw Failure()
            } end: { isComplete in
                told.withLock { $0 = isComplete }
            }
        }
        #expect(told.withLock { $0 } == goesWell)
    }

    @Test func nothingIsTakenBackWhenAllWentWell() async throws {
        let ran = Mutex(false)
        let result = try await Undo.scope(log) { undo in
            undo.push("never") { ran.withLock { $0 = true } }
            return 5
        }
        #expect(result == 5 && !ran.withLock { $0 })
    }
}
