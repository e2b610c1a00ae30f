internal import Model

/// What ListPodSandboxMetrics will tell of the families that are configured.
struct ListMetricDescriptors: RPC {
    let node: Node

    func respond(
        to request: ListMetricDescriptorsRequest
    ) async throws -> ListMetricDescriptorsResponse {
        ListMetricDescriptorsResponse(descriptors: Self.descriptors(of: node.settings.podMetrics))
    }

    static func descriptors(of families: [MetricFamily]) -> [MetricDescriptor] {
        families.flatMap { family in
            family.definitions.map(\.descriptor) + family.podDefinitions.map(\.descriptor)
        }
    }
}
