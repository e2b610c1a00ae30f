import Model
import Testing

@Suite struct ContainerPhaseTests {
    private func exit(_ startedAt: Int64) -> ContainerExit {
        ContainerExit(startedAt: startedAt, finishedAt: 9, code: 3, reason: "Error")
    }

    @Test func aWholeLife() throws {
        var phase = ContainerPhase.creating
        phase.create(pid: 5)
        #expect(phase == .created(pid: 5))
        try phase.beginStart(at: 7)
        phase.finishStart()
        #expect(phase == .running(pid: 5, since: 7))
        let isFirst = phase.end(exit)
        #expect(isFirst)
        #expect(phase.exit?.startedAt == 7)
        #expect(phase.pid == nil)
    }

    @Test func oneThatCannotBeRunHasNoProcessAndEnds() throws {
        var phase = ContainerPhase.creating
        phase.refuse("no such program")
        #expect(phase == .unrunnable("no such program"))
        #expect(phase.isUnstarted && phase.isLive && phase.pid == nil)
        #expect(throws: GantryError.self) { try phase.beginStart(at: 1) }
        let isFirst = phase.end(exit)
        #expect(isFirst && !phase.isLive)
        #expect(phase.exit?.startedAt == 0)
    }

    @Test func ofSeveralStartsOneSucceeds() throws {
        var phase = ContainerPhase.created(pid: 5)
        try phase.beginStart(at: 1)
        let error = #expect(throws: GantryError.self) { try phase.beginStart(at: 2) }
        #expect(error?.code == .failedPrecondition)
    }

    @Test func theFirstExitStands() {
        var phase = ContainerPhase.running(pid: 5, since: 1)
        let isFirst = phase.end(exit)
        #expect(isFirst)
        let again = phase.end { _ in exit(99) }
        #expect(!again)
        #expect(phase.exit?.startedAt == 1)
    }

    @Test func anExitThatIsSeenEarlyIsNotUndone() throws {
        var phase = ContainerPhase.creating
        let isFirst = phase.end(exit)
        #expect(isFirst)
        phase.create(pid: 5)
        phase.finishStart()
        #expect(phase.exit?.startedAt == 0)
    }
}

@Suite struct GantryErrorTests {
    @Test func aWrappedErrorKeepsItsCodeAndTellsItsCause() {
        let inner = GantryError(.notFound, "no such layer")
        let outer = GantryError("mount the root", from: inner)
        #expect(outer.code == .notFound)
        #expect(outer.description == "mount the root: no such layer")
    }
}
