internal import CRI
internal import Model

/// The streaming forms of the lists, for what does not fit one message: the same elements in batches.
extension MethodTable {
    /// Elements in one message. A thousand containers' take 800 KB.
    private static let batch = 500

    mutating func addStreams(_ node: Node) {
        streamLists(Methods.streamPodSandboxes) {
            try ListPodSandbox(node: node).elements(of: ListPodSandboxRequest(filter: $0.filter))
        }
        streamLists(Methods.streamContainers) {
            try ListContainers(node: node).elements(of: ListContainersRequest(filter: $0.filter))
        }
        streamLists(Methods.streamImages) {
            let request = ListImagesRequest(filter: $0.filter)
            return try await ListImages(node: node).respond(to: request).images.map {
                try $0.encoded()
            }
        }
        streamLists(Methods.streamContainerStats) {
            let request = ListContainerStatsRequest(filter: $0.filter)
            return try await ListContainerStats(node: node).respond(to: request).stats.map {
                try $0.encoded()
            }
        }
        streamLists(Methods.streamPodSandboxStats) {
            let request = ListPodSandboxStatsRequest(filter: $0.filter)
            return try await ListPodSandboxStats(node: node).respond(to: request).stats.map {
                try $0.encoded()
            }
        }
        streamLists(Methods.streamPodSandboxMetrics) { _ in
            try await ListPodSandboxMetrics(node: node).respond(
                to: ListPodSandboxMetricsRequest()
            ).podMetrics.map { try $0.encoded() }
        }
        stream(Methods.getContainerEvents, GetContainerEvents(node: node).respond)
    }

    /// In each of these responses the elements are field 1.
    private mutating func streamLists<Request, Response>(
        _ method: StreamMethod<Request, Response>,
        _ elements: @escaping @Sendable (Request) async throws -> [[UInt8]]
    ) {
        streamEncoded(method) { request, send in
            var rest = try await elements(request)[...]
            while !rest.isEmpty {
                try await send(Lists.repeated(field: 1, Array(rest.prefix(Self.batch))))
                rest = rest.dropFirst(Self.batch)
            }
        }
    }
}
