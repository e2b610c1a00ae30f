internal import Model
internal import OCI
internal import Text

/// Devices that a pod asks for by annotation, without a device plugin: those of `allowed_devices`, where
/// the handler allows the annotation.
struct AnnotatedDevices {
    /// CRI-O's name for it, which manifests have already: `HOST[:CONTAINER[:PERMISSIONS]]`, separated by
    /// commas.
    static let annotation = "io.kubernetes.cri-o.Devices"

    let devices: [Device]

    /// - Throws: `invalidArgument` for a device that is not allowed.
    init(
        _ annotations: [String: String], _ handler: Handler, allowed: [String]
    ) throws {
        guard handler.allows(annotation: Self.annotation),
            let text = annotations[Self.annotation]
        else {
            devices = []
            return
        }
        devices = try text.split(at: ",").map { try Self.device(String($0.trimmed), allowed) }
    }

    private static func device(_ entry: String, _ allowed: [String]) throws -> Device {
        let parts = entry.split(at: ":", omittingEmptySubsequences: false).map(String.init)
        guard let host = parts.first, parts.count <= 3, allowed.contains(host) else {
            throw GantryError(
                .invalidArgument,
                "annotation \(annotation): device \"\(entry)\" is none of allowed_devices")
        }
        var device = Device(containerPath: host, hostPath: host, permissions: "rwm")
        // Permissions alone may stand in the second place.
        let rest = parts.dropFirst().filter { !$0.isEmpty }
        for part in rest {
            if part.begins(with: "/") {
                device.containerPath = part
            } else {
                device.permissions = part
            }
        }
        return device
    }
}
