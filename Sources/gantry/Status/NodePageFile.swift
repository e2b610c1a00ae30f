internal import CRI
internal import FoundationEssentials
internal import Kernel
internal import Model
internal import Service

/// Gathers what a page of the node shows, and writes it.
struct NodePageFile {
    private let client: DaemonClient
    private let settings: Settings

    /// Starts that are drawn.
    private static let mostTraces = 10

    init(_ options: ConfigurationOptions) throws {
        client = try DaemonClient(options)
        settings = try options.load().settings
    }

    /// - Parameter now: nanoseconds since 1970.
    func write(to path: String, now: Int64) async throws {
        let page = NodePage(content: try await content(), now: now)
        try CommandFiles.write(page.text, to: path)
    }

    private func content() async throws -> NodePage.Content {
        var content = NodePage.Content()
        content.host = ProcessInfo.processInfo.hostName
        content.status = try await client.call(
            GantryMethods.getNodeStatus, GetNodeStatusRequest())
        content.pods = try await client.call(Methods.listPodSandbox, ListPodSandboxRequest()).items
        content.containers = try await client.call(
            Methods.listContainers, ListContainersRequest()
        ).containers
        content.images = try await client.call(Methods.listImages, ListImagesRequest()).images
        content.disk = try await client.call(Methods.imageFsInfo, ImageFsInfoRequest())
        content.traces = await traces(of: content.pods)
        let version = content.status.version
        content.findings = await NodeCheck(settings, deep: false).run { "gantry \(version)" }
        return content
    }

    /// Of pods from before the daemon's start there are none.
    private func traces(of pods: [PodSandbox]) async -> [GetTraceResponse] {
        var traces: [GetTraceResponse] = []
        for pod in pods.sorted(by: { $0.createdAt > $1.createdAt }).prefix(Self.mostTraces) {
            let trace = try? await client.call(
                GantryMethods.getTrace, GetTraceRequest(id: pod.id))
            if let trace { traces.append(trace) }
        }
        return traces
    }
}
