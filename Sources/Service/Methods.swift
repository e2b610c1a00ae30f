public import CRI
internal import Model

extension MethodTable {
    /// What Gantry answers. An RPC that is not here is UNIMPLEMENTED.
    public static func serving(_ node: Node) -> MethodTable {
        var table = MethodTable()
        table.addRuntime(node)
        table.addSandboxes(node)
        table.addContainers(node)
        table.addImages(node)
        table.addStreams(node)
        table.addStreaming(node)
        table.addOwn(node)
        table.addContainerd(node)
        return table
    }

    private mutating func addRuntime(_ node: Node) {
        answer(Methods.version, Version(node: node).respond)
        answer(Methods.status, Status(node: node).respond)
        answer(Methods.runtimeConfig, GetRuntimeConfig(node: node).respond)
        answer(Methods.updateRuntimeConfig, UpdateRuntimeConfig(node: node).respond)
    }

    /// What cAdvisor, and nobody else, is told.
    public static func servingContainerd(_ node: Node) -> MethodTable {
        var table = MethodTable()
        table.addContainerd(node)
        return table
    }

    /// The part of containerd's API that the kubelet's cAdvisor reads (docs/stats.md).
    private mutating func addContainerd(_ node: Node) {
        answer(ContainerdVersionMethods.version, GetContainerdVersion(node: node).respond)
        answer(ContainerdContainersMethods.get, GetContainerdContainer(node: node).respond)
        answer(ContainerdTasksMethods.get, GetContainerdTask(node: node).respond)
    }

    /// Gantry's own service, for the program's other commands.
    private mutating func addOwn(_ node: Node) {
        answer(GantryMethods.getTrace, GetTrace(node: node).respond)
        answer(GantryMethods.setLogLevel, SetLogLevel(node: node).respond)
        answer(GantryMethods.listPulls, ListPulls(node: node).respond)
        answer(GantryMethods.importImages, ImportImages(node: node).respond)
        answer(GantryMethods.tagImage, TagImage(node: node).respond)
        answer(GantryMethods.untagImage, UntagImage(node: node).respond)
        answer(GantryMethods.pinImage, PinImage(node: node).respond)
        answer(GantryMethods.mountImage, MountImage(node: node).respond)
        answer(GantryMethods.unmountImage, UnmountImage(node: node).respond)
        answer(GantryMethods.listImageMounts, ListImageMounts(node: node).respond)
        answer(GantryMethods.exportImage, ExportImage(node: node).respond)
        answer(GantryMethods.pushImage, PushImage(node: node).respond)
        answer(GantryMethods.getNodeStatus, GetNodeStatus(node: node).respond)
    }

    private mutating func addSandboxes(_ node: Node) {
        answer(Methods.runPodSandbox, RunPodSandbox(node: node).respond)
        answer(Methods.stopPodSandbox, StopPodSandbox(node: node).respond)
        answer(Methods.removePodSandbox, RemovePodSandbox(node: node).respond)
        answerEncoded(Methods.podSandboxStatus, GetPodSandboxStatus(node: node).respond)
        answer(
            Methods.updatePodSandboxResources, UpdatePodSandboxResources(node: node).respond)
        answer(Methods.podSandboxStats, GetPodSandboxStats(node: node).respond)
        answer(Methods.listPodSandboxStats, ListPodSandboxStats(node: node).respond)
        answer(Methods.listMetricDescriptors, ListMetricDescriptors(node: node).respond)
        answer(Methods.listPodSandboxMetrics, ListPodSandboxMetrics(node: node).respond)
        answerEncoded(Methods.listPodSandbox, ListPodSandbox(node: node).respond)
    }

    private mutating func addContainers(_ node: Node) {
        answer(Methods.createContainer, CreateContainer(node: node).respond)
        answer(Methods.startContainer, StartContainer(node: node).respond)
        answer(Methods.stopContainer, StopContainer(node: node).respond)
        answer(Methods.removeContainer, RemoveContainer(node: node).respond)
        answerEncoded(Methods.containerStatus, GetContainerStatus(node: node).respond)
        answerEncoded(Methods.listContainers, ListContainers(node: node).respond)
        answer(Methods.updateContainerResources, UpdateContainerResources(node: node).respond)
        answer(Methods.containerStats, GetContainerStats(node: node).respond)
        answer(Methods.listContainerStats, ListContainerStats(node: node).respond)
        answer(Methods.execSync, ExecSync(node: node).respond)
        answer(Methods.reopenContainerLog, ReopenContainerLog(node: node).respond)
        answer(Methods.checkpointContainer, CheckpointContainer(node: node).respond)
    }

    private mutating func addStreaming(_ node: Node) {
        answer(Methods.exec, Exec(node: node).respond)
        answer(Methods.attach, Attach(node: node).respond)
        answer(Methods.portForward, PortForward(node: node).respond)
    }

    private mutating func addImages(_ node: Node) {
        answer(Methods.pullImage, PullImage(node: node).respond)
        answer(Methods.listImages, ListImages(node: node).respond)
        answer(Methods.imageStatus, ImageStatus(node: node).respond)
        answer(Methods.removeImage, RemoveImage(node: node).respond)
        answer(Methods.imageFsInfo, ImageFsInfo(node: node).respond)
    }
}
