internal import CRI
internal import Model
internal import Store

/// How a container looks from outside: in ContainerStatus, in lists, and in the database.
extension SandboxContainer {
    static func listState(_ phase: ContainerPhase) -> ContainerState {
        switch phase {
        case .creating, .created, .unrunnable, .starting: .created
        case .running: .running
        case .exited: .exited
        }
    }

    private var imageSpec: ImageSpec {
        var image = config.image ?? ImageSpec()
        if !image.userSpecifiedImage.isEmpty { image.image = image.userSpecifiedImage }
        return image
    }

    var status: ContainerStatus { status(current) }

    private func status(_ now: State) -> ContainerStatus {
        var status = ContainerStatus(
            id: id, metadata: config.metadata, state: Self.listState(now.phase),
            createdAt: details.createdAt, image: imageSpec, imageRef: details.imageRef,
            labels: config.labels, annotations: config.annotations, mounts: details.mounts,
            logPath: logPath, imageId: details.imageId,
            stopSignal: Signal(number: details.stopSignal))
        status.resources = now.resources.map { ContainerResources(linux: $0) }
        status.user = details.user.map { ContainerUser(linux: $0) }
        status.setTimes(now.phase)
        return status
    }

    /// The status in its encoding.
    func told() throws -> [UInt8] {
        try answer.encoding { try status.encoded() }
    }

    /// An element of ListContainers in its encoding.
    func listed() throws -> [UInt8] {
        try element.encoding {
            try Container(
                id: id, podSandboxId: sandbox.id, metadata: config.metadata, image: imageSpec,
                imageRef: details.imageRef, state: Self.listState(phase),
                createdAt: details.createdAt, labels: config.labels,
                annotations: config.annotations, imageId: details.imageId
            ).encoded()
        }
    }

    /// With the end that it is about to have.
    func row() throws -> ContainerRow {
        var now = current
        if let end = now.ending { now.phase = .exited(end) }
        return ContainerRow(
            id: id, sandbox: sandbox.id, phase: now.phase.name, layers: details.layers,
            config: try config.encoded(), status: try status(now).encoded(),
            adjustment: details.adjustment)
    }
}

extension ContainerStatus {
    fileprivate mutating func setTimes(_ phase: ContainerPhase) {
        switch phase {
        case .creating, .created, .starting: break
        case .unrunnable(let reason): message = reason
        case .running(_, let since): startedAt = since
        case .exited(let exit):
            startedAt = exit.startedAt
            finishedAt = exit.finishedAt
            exitCode = exit.code
            reason = exit.reason
            message = exit.message
        }
    }
}
