public import Model
internal import Protobuf

/// What plugins make of a container that is about to be.
public struct ContainerCreation: Sendable {
    public var adjustment = ContainerAdjustment()
    /// Of other containers.
    public var updates: [ContainerUpdate] = []
    public var evictions: [ContainerEviction] = []
    /// Which plugin set what.
    var owners = OwningPlugins()
    /// Those that changed something, in their order.
    public var authors: [String] = []
    /// The container as plugins have been shown it, and have left it: nil when they changed something.
    public var unchanged: EncodedContainer? { authors.isEmpty ? container : nil }
    fileprivate var container: EncodedContainer

    fileprivate init(of container: EncodedContainer) { self.container = container }
}

/// What plugins make of a change of limits.
public struct ResourcesChange: Sendable {
    /// Of the container itself.
    public var resources: LinuxResources
    public var updates: [ContainerUpdate] = []
    public var evictions: [ContainerEviction] = []
}

extension PluginManager {
    /// Has plugins adjust a container, one after the other, each seeing what those before it did.
    /// - Throws: a plugin's refusal, a conflict that names both, or a validator's verdict.
    public func create(
        _ pod: PodSandbox, _ container: Container, asking audience: Audience
    ) async throws -> ContainerCreation {
        var merge = AdjustmentMerge(container)
        let encoded = EncodedContainer(container)
        var result = ContainerCreation(of: encoded)
        var request = Bytes.of(ContainerEvent(pod: pod), with: encoded)
        for plugin in audience.plugins {
            let bytes = try await plugin.tell(.createContainer, request)
            guard let answer: CreateContainerResponse = plugin.decode(bytes, .createContainer)
            else { continue }
            if let adjustment = answer.adjust, adjustment != ContainerAdjustment() {
                try merge.add(adjustment, plugin.name)
                result.authors.append(plugin.name)
                request = Bytes.of(ContainerEvent(pod: pod, container: merge.container))
            }
            try merge.updates.add(answer.update, plugin.name)
            result.evictions += answer.evict
        }
        result.adjustment = merge.adjustment
        result.updates = merge.updates.updates
        result.owners = merge.owners.message
        try await validate(pod, container, result, audience.plugins)
        return result
    }

    /// All validators are asked about the same. One that fails now refuses as well, since what it would
    /// have refused must not come to be; one that had gone before is none any more.
    private func validate(
        _ pod: PodSandbox, _ container: Container, _ result: ContainerCreation, _ plugins: [Plugin]
    ) async throws {
        let validators = plugins.filter {
            $0.events.contains(.validateContainerAdjustment) && !$0.connection.isEnded
        }
        guard settings.validator != nil || !validators.isEmpty else { return }
        var request = ValidateContainerAdjustmentRequest(
            pod: pod, container: container, adjust: result.adjustment, update: result.updates,
            owners: result.owners,
            plugins: plugins.map { PluginInstance(name: $0.base, index: $0.index) })
        try settings.validator?.validate(request)
        request.container = nil
        let bytes = Bytes.of(request, with: result.container)
        for validator in validators {
            let event = Event.validateContainerAdjustment
            let answer: ValidateContainerAdjustmentResponse? = validator.decode(
                try await validator.tell(event, bytes), event)
            guard let answer else {
                throw GantryError(.aborted, "validator \(validator.name) has not answered")
            }
            if answer.reject {
                throw GantryError(
                    .failedPrecondition,
                    "validator \(validator.name) rejects the adjustment: \(answer.reason)")
            }
        }
    }

    /// Has plugins change a change of limits.
    public func update(
        _ pod: PodSandbox, _ container: EncodedContainer, _ resources: LinuxResources
    ) async throws -> ResourcesChange {
        var result = ResourcesChange(resources: resources)
        var merge = UpdateMerge()
        merge.asked = (container.id, resources)
        for plugin in all {
            let request = UpdateContainerRequest(pod: pod, resources: merge.asked?.resources)
            let bytes = try await plugin.tell(
                .updateContainer, Bytes.of(request, with: container))
            guard let answer: UpdateContainerResponse = plugin.decode(bytes, .updateContainer)
            else { continue }
            try merge.add(answer.update, plugin.name)
            result.evictions += answer.evict
        }
        result.resources = merge.asked?.resources ?? resources
        result.updates = merge.updates
        return result
    }
}

/// What plugins changed of a container, and which changed what: a part of the container's record.
public struct AdjustmentRecord: Sendable {
    private let record: ValidateContainerAdjustmentRequest

    /// Nil when they changed nothing.
    public init?(_ creation: ContainerCreation) {
        if creation.authors.isEmpty { return nil }
        record = ValidateContainerAdjustmentRequest(
            adjust: creation.adjustment, owners: creation.owners,
            plugins: creation.authors.compactMap { try? PluginName(file: $0) }.map {
                PluginInstance(name: $0.base, index: $0.index)
            })
    }

    /// Nil for none, and for what cannot be read.
    public init?(encoded: [UInt8]) {
        guard !encoded.isEmpty,
            let record: ValidateContainerAdjustmentRequest = try? Bytes.decode(encoded)
        else { return nil }
        self.record = record
    }

    public var encoded: [UInt8] { Bytes.of(record) }

    /// Nil when it is where the runtime would have put it.
    public var cgroupsPath: String? {
        record.adjust?.linux.flatMap { $0.cgroupsPath.isEmpty ? nil : $0.cgroupsPath }
    }

    public var json: JSONValue {
        let all = Codec.json(record)
        return .object(
            [
                "adjustment": all["adjust"] ?? .null, "owners": all["owners"] ?? .null,
                "plugins": all["plugins"] ?? .null,
            ])
    }
}
