internal import Model
internal import Store
internal import Testing

@testable import Service

/// An exit is stored before anybody is told of it, and the first one stands.
@Suite struct ContainerEndTests {
    private let container: SandboxContainer = {
        let sandbox = Sandbox(
            id: "s", config: PodSandboxConfig(), handler: "crun", requestedHandler: "",
            createdAt: 1, state: Sandbox.State(phase: .ready))
        let details = SandboxContainer.Details(
            imageId: "i", layers: [], user: nil, stopSignal: 15, createdAt: 2, mounts: [])
        return SandboxContainer(
            id: "c", sandbox: sandbox, config: ContainerConfig(), details: details,
            state: SandboxContainer.State(phase: .running(pid: 7, since: 3)))
    }()

    private func exit(_ code: Int32) -> (Int64) -> ContainerExit {
        { ContainerExit(startedAt: $0, finishedAt: 4, code: code, reason: "Error") }
    }

    @Test func anEndIsStoredBeforeItIsSeen() throws {
        let end = try #require(container.beginEnd(exit(5)))
        #expect(end.startedAt == 3)
        #expect(container.status.state == .running)
        #expect(try container.row().phase == "exited")
        container.finishEnd(end)
        #expect(container.status.state == .exited)
        #expect(container.status.exitCode == 5)
        #expect(try container.row().phase == "exited")
    }

    @Test func theFirstEndStands() throws {
        let end = try #require(container.beginEnd(exit(5)))
        #expect(container.beginEnd(exit(6)) == nil)
        container.finishEnd(end)
        #expect(container.beginEnd(exit(6)) == nil)
        #expect(container.status.exitCode == 5)
    }
}
