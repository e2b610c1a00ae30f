internal import Model
internal import System

/// The figures that the kubelet publishes in cAdvisor's stead, of each pod and its containers.
struct ListPodSandboxMetrics: RPC {
    let node: Node

    private var families: [MetricFamily] { node.settings.podMetrics }

    func respond(
        to request: ListPodSandboxMetricsRequest
    ) async throws -> ListPodSandboxMetricsResponse {
        let sandboxes = node.sandboxes.all.filter { $0.phase == .ready }
        let containers = Dictionary(
            grouping: try await figures(), by: \.reading.container.sandbox.id)
        let networks =
            families.contains(.network) ? await node.networkCounters(of: sandboxes) : [:]
        return ListPodSandboxMetricsResponse(
            podMetrics: sandboxes.map { sandbox in
                PodSandboxMetrics(
                    podSandboxId: sandbox.id, metrics: metrics(sandbox, networks[sandbox.id] ?? []),
                    containerMetrics: (containers[sandbox.id] ?? []).map(metrics))
            })
    }

    private func figures() async throws -> [ContainerFigures] {
        let parts = families.reduce(into: CgroupParts()) { $0.formUnion($1.parts) }
        let readings = try await node.readings(of: node.containers.all, parts)
        return try await Blocking.run { [node] in
            let filesystem = try FilesystemFigures.of(node.paths.root)
            let families = Set(node.settings.podMetrics)
            return readings.map { ContainerFigures($0, on: filesystem, families) }
        }
    }

    private func metrics(_ sandbox: Sandbox, _ interfaces: [NetworkCounters]) -> [Metric] {
        let labels = MetricLabels(sandbox)
        return families.flatMap(\.podDefinitions).flatMap { $0.metrics(of: interfaces, labels) }
    }

    private func metrics(_ figures: ContainerFigures) -> ContainerMetrics {
        let image = node.shownImage(of: figures.reading.container)
        let labels = MetricLabels(figures.reading, image: image)
        return ContainerMetrics(
            containerId: figures.reading.container.id,
            metrics: families.flatMap(\.definitions).flatMap { $0.metrics(of: figures, labels) })
    }
}
