internal import FoundationEssentials
internal import Kernel
internal import Model
internal import OCI

/// What an archive says of its container: under the names, and with the members, that containerd, CRI-O and
/// checkpointctl know (checkpointctl, lib/metadata.go).
struct CheckpointDocuments: Sendable {
    let container: SandboxContainer
    let takenAt: Int64

    /// - Parameter bundle: the container's. Blocks.
    func write(into directory: String, bundle: String) throws {
        let spec = try JSONValue(parsing: try Files.read("\(bundle)/config.json"))
        let documents = [
            "config.dump": config, "spec.dump": annotated(spec), "status.dump": told,
            "status": ofContainerd,
        ]
        for (name, document) in documents {
            try Files.replace("\(directory)/\(name)", with: Array(try document.text().utf8))
        }
    }

    private var name: String { container.config.metadata?.name ?? "" }

    private var image: String {
        let image = container.config.image ?? ImageSpec()
        return image.userSpecifiedImage.isEmpty ? image.image : image.userSpecifiedImage
    }

    private var config: JSONValue {
        .object([
            "id": .string(container.id), "name": .string(name),
            "rootfsImage": .string(image), "rootfsImageName": .string(image),
            "rootfsImageRef": .string(container.details.imageRef),
            "runtime": .string(container.sandbox.handler),
            "createdTime": .string(Self.text(container.details.createdAt)),
            "checkpointedTime": .string(Self.text(takenAt)),
            "restoredTime": .string("0001-01-01T00:00:00Z"), "restored": .bool(false),
        ])
    }

    /// By these annotations readers know of which pod it is.
    private func annotated(_ spec: JSONValue) -> JSONValue {
        guard case .object(var members) = spec else { return spec }
        let pod = container.sandbox.config.metadata
        let known = [
            "container-type": "container", "container-name": name, "image-name": image,
            "sandbox-id": container.sandbox.id, "sandbox-name": pod?.name ?? "",
            "sandbox-namespace": pod?.namespace ?? "", "sandbox-uid": pod?.uid ?? "",
        ]
        var annotations = members["annotations"]?.object ?? [:]
        for (key, value) in known { annotations["io.kubernetes.cri.\(key)"] = .string(value) }
        members["annotations"] = .object(annotations)
        return .object(members)
    }

    /// The CRI's ContainerStatus, with the contract's own names.
    private var told: JSONValue {
        let status = container.status
        return .object([
            "id": .string(status.id),
            "metadata": .object([
                "name": .string(name),
                "attempt": .integer(Int64(status.metadata?.attempt ?? 0)),
            ]),
            "state": .integer(Int64(status.state.rawValue)),
            "created_at": .integer(status.createdAt), "started_at": .integer(status.startedAt),
            "image": .object(["image": .string(image)]), "image_ref": .string(status.imageRef),
            "image_id": .string(status.imageId), "log_path": .string(status.logPath),
            "labels": .object(status.labels.mapValues { .string($0) }),
            "annotations": .object(status.annotations.mapValues { .string($0) }),
            "mounts": .array(
                status.mounts.map {
                    .object([
                        "container_path": .string($0.containerPath),
                        "host_path": .string($0.hostPath), "readonly": .bool($0.readonly),
                    ])
                }),
        ])
    }

    /// What containerd's CRI plugin keeps of a container; by it checkpointctl takes the archive for one that
    /// has the annotations above.
    private var ofContainerd: JSONValue {
        let status = container.status
        return .object([
            "Version": .string("v1"), "CreatedAt": .integer(status.createdAt),
            "StartedAt": .integer(status.startedAt), "FinishedAt": .integer(0),
            "ExitCode": .integer(0), "Pid": .integer(Int64(container.phase.pid ?? 0)),
            "Reason": .string(""), "Message": .string(""),
        ])
    }

    private static func text(_ nanoseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000)).formatted(.iso8601)
    }
}
