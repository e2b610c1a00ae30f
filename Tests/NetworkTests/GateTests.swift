import Synchronization
import Testing

@testable import Network

@Suite struct GateTests {
    /// What is under way, and what ever was under way together.
    private final class Watch: Sendable {
        let state = Mutex((now: Set<String>(), together: Set<Set<String>>()))

        func enter(_ name: String) {
            state.withLock {
                $0.now.insert(name)
                $0.together.insert($0.now)
            }
        }

        func leave(_ name: String) { state.withLock { _ = $0.now.remove(name) } }
    }

    @Test func operationsThatExcludeEachOtherNeverMeet() async {
        let gate = OperationGate()
        let watch = Watch()
        await withTaskGroup(of: Void.self) { group in
            for round in 0..<200 {
                let name = ["a", "b", "gc"][round % 3]
                let scope: OperationGate.Scope = name == "gc" ? .everything : .container(name)
                group.addTask {
                    await gate.perform(scope) {
                        watch.enter("\(name)\(round)")
                        for _ in 0..<5 { await Task.yield() }
                        watch.leave("\(name)\(round)")
                    }
                }
            }
        }
        for names in watch.state.withLock({ $0.together }) {
            #expect(names.count { $0.hasPrefix("a") } <= 1)
            #expect(names.count { $0.hasPrefix("b") } <= 1)
            #expect(!names.contains { $0.hasPrefix("gc") } || names.count == 1)
        }
    }

    @Test func differentContainersRunSideBySide() async {
        let gate = OperationGate()
        // Ends only when the second gets in while the first is still there.
        await gate.perform(.container("a")) {
            await gate.perform(.container("b")) {}
        }
    }

    @Test func whatFailsLeaves() async {
        let gate = OperationGate()
        for scope in [OperationGate.Scope.container("a"), .everything] {
            await #expect(throws: CancellationError.self) {
                try await gate.perform(scope) { throw CancellationError() }
            }
        }
        await gate.perform(.everything) {}
    }
}
