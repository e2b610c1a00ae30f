internal import Model
internal import Protobuf

/// Events that plugins are told of and cannot answer but with an error.
extension PluginManager {
    /// - Throws: the first plugin's refusal.
    public func tell(
        _ event: Event, _ pod: PodSandbox, to audience: Audience? = nil
    ) async throws {
        let request = Bytes.of(PodEvent(pod: pod))
        try await tell(
            event, request, to: audience,
            older: { Bytes.of(StateChangeEvent(event: event, pod: pod)) })
    }

    public func tell(
        _ event: Event, _ pod: PodSandbox, _ container: EncodedContainer
    ) async throws {
        let request = Bytes.of(ContainerEvent(pod: pod), with: container)
        try await tell(
            event, request,
            older: { Bytes.of(StateChangeEvent(event: event, pod: pod), with: container) })
    }

    public func updatePod(
        _ pod: PodSandbox, overhead: LinuxResources?, resources: LinuxResources?
    ) async throws {
        let request = UpdatePodSandboxRequest(pod: pod, overhead: overhead, resources: resources)
        try await tell(.updatePodSandbox, Bytes.of(request), older: { [] })
    }

    private func tell(
        _ event: Event, _ request: [UInt8], to audience: Audience? = nil, older: () -> [UInt8]
    ) async throws {
        for plugin in (audience ?? self.audience).plugins {
            _ = try await plugin.tell(event, request, older: older)
        }
    }

    /// Tells of a container's end.
    /// - Returns: what plugins want changed of others.
    public func stop(
        _ pod: PodSandbox, _ container: EncodedContainer
    ) async throws -> [ContainerUpdate] {
        let request = Bytes.of(ContainerEvent(pod: pod), with: container)
        var merge = UpdateMerge()
        for plugin in all {
            let bytes = try await plugin.tell(.stopContainer, request)
            let answer: StopContainerResponse? = plugin.decode(bytes, .stopContainer)
            try merge.add(answer?.update ?? [], plugin.name)
        }
        return merge.updates
    }
}
