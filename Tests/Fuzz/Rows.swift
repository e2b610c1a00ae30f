import CRI
import Foundation
import Model

@testable import Store

/// Rows of the store and their records, which a disk or a hand may have damaged.
extension FuzzTarget {
    private static let image = ImageRow(
        id: "sha256:ab", message: (try? Model.Image(id: "sha256:ab", size: 7).encoded()) ?? [],
        config: Array("{}".utf8),
        layers: [.init(chain: "sha256:cd", bytes: 4096, inodes: 3)])
    private static let pod = SandboxRow(
        id: "p", phase: "ready", handler: "crun",
        config: (try? PodSandboxConfig(hostname: "h", labels: ["a": "b"]).encoded()) ?? [],
        status: (try? PodSandboxStatus(id: "p", createdAt: 5).encoded()) ?? [])
    private static let container = ContainerRow(
        id: "c", sandbox: "p", phase: "running", layers: ["sha256:cd"],
        config: (try? ContainerConfig(labels: ["a": "b"]).encoded()) ?? [],
        status: (try? ContainerStatus(id: "c", startedAt: 7, exitCode: 1).encoded()) ?? [])

    static let rows = FuzzTarget(
        "rows",
        seeds: [image.record.lines, pod.record.lines, container.record.lines].map {
            Array($0.utf8)
        } + [image.message, pod.config, pod.status, container.config, container.status],
        words: ["text ", "blob ", "end\n", "layers", "phase", "config", "=", "4096"]
    ) { input in
        _ = try? Model.Image.decode(input)
        _ = try? PodSandboxConfig.decode(input)
        _ = try? PodSandboxStatus.decode(input)
        _ = try? ContainerConfig.decode(input)
        _ = try? ContainerStatus.decode(input)
        guard let record = RowRecord(id: "a", lines: input.text) else { return }
        demand(
            RowRecord(id: "a", lines: record.lines) == record, "a record that is read again differs"
        )
        if let row = try? ImageRow(record) { _ = row.record }
        if let row = try? SandboxRow(record) { _ = row.record }
        if let row = try? ContainerRow(record) { _ = row.record }
    }
}
