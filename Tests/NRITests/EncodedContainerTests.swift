internal import Model
internal import TTRPC
internal import Testing

@testable import NRI

@Suite struct EncodedContainerTests {
    private static let pod = NRI.PodSandbox(id: "p", labels: ["a": "b"])
    /// With lengths of one, two and three bytes.
    private static let fixed = NRI.Container(
        id: "c", podSandboxId: "p", args: ["sh"], env: [String(repeating: "x", count: 300)],
        linux: LinuxContainer(
            seccompPolicy: LinuxSeccomp(
                syscalls: [LinuxSyscall(names: (0..<5_000).map { "call\($0)" })])))
    private static let whole = {
        var container = fixed
        container.state = .running
        container.pid = 42
        container.startedAt = .max
        container.statusMessage = "m"
        return container
    }()
    private static var encoded: EncodedContainer {
        EncodedContainer(fixed).adding(
            NRI.Container(state: .running, pid: 42, startedAt: .max, statusMessage: "m"))
    }

    @Test func requestsAreThoseOfTheWholeMessages() throws {
        let (pod, whole, encoded) = (Self.pod, Self.whole, Self.encoded)
        let event: ContainerEvent = try Bytes.decode(
            Bytes.of(ContainerEvent(pod: pod), with: encoded))
        #expect(event == ContainerEvent(pod: pod, container: whole))
        let change: StateChangeEvent = try Bytes.decode(
            Bytes.of(StateChangeEvent(event: .startContainer, pod: pod), with: encoded))
        #expect(change == StateChangeEvent(event: .startContainer, pod: pod, container: whole))
        let resources = LinuxResources(cpu: LinuxCPU(cpus: "0"))
        let update: UpdateContainerRequest = try Bytes.decode(
            Bytes.of(UpdateContainerRequest(pod: pod, resources: resources), with: encoded))
        #expect(
            update == UpdateContainerRequest(pod: pod, container: whole, resources: resources))
        let request = ValidateContainerAdjustmentRequest(
            pod: pod, adjust: ContainerAdjustment(args: ["x"]),
            plugins: [PluginInstance(name: "a", index: "10")])
        let validation: ValidateContainerAdjustmentRequest = try Bytes.decode(
            Bytes.of(request, with: encoded))
        #expect(validation.container == whole && validation.adjust == request.adjust)
        #expect(validation.plugins == request.plugins)
    }

    @Test func containersAreInSynchronizeAsWell() throws {
        let parts = SynchronizeParts([Self.pod], [Self.encoded, EncodedContainer(Self.fixed)])
        let requests: [SynchronizeRequest] = try parts.requests.map(Bytes.decode)
        #expect(
            requests == [
                SynchronizeRequest(pods: [Self.pod], containers: [Self.whole, Self.fixed])
            ])
    }
}
