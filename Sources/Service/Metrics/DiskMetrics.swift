internal import Image
internal import Model
internal import System

/// What containers read, write and keep on disk.
enum DiskMetrics {
    typealias Definition = MetricDefinition<ContainerFigures>

    static let usage: [Definition] = [
        .gauge("container_fs_usage_bytes", "Bytes of the writable layer.", by: ["device"]) {
            [MetricSample($0.reading.layer.bytes, $0.filesystem.device)]
        },
        .gauge("container_fs_limit_bytes", "Bytes of the file system.", by: ["device"]) {
            [MetricSample($0.filesystem.capacity, $0.filesystem.device)]
        },
        .gauge("container_fs_inodes_total", "Inodes of the file system.", by: ["device"]) {
            [MetricSample($0.filesystem.inodes, $0.filesystem.device)]
        },
        .gauge("container_fs_inodes_free", "Free inodes of the file system.", by: ["device"]) {
            [MetricSample($0.filesystem.freeInodes, $0.filesystem.device)]
        },
    ]

    static let transfers: [Definition] = [
        total("container_fs_reads_total", "Reads from the device.", \.reads),
        total("container_fs_reads_bytes_total", "Bytes read from the device.", \.readBytes),
        total("container_fs_writes_total", "Writes to the device.", \.writes),
        total("container_fs_writes_bytes_total", "Bytes written to the device.", \.writtenBytes),
        .counter(
            "container_blkio_device_usage_total", "Bytes to and from the device.",
            by: ["device", "major", "minor", "operation"]
        ) { figures in
            figures.devices.flatMap { name, device in
                [("Read", device.readBytes), ("Write", device.writtenBytes)].map {
                    MetricSample($1, name, "\(device.major)", "\(device.minor)", $0)
                }
            }
        },
    ]

    private static func total(
        _ name: String, _ help: String,
        _ figure: any KeyPath<CgroupUsage.Device, UInt64> & Sendable
    ) -> Definition {
        .counter(name, help, by: ["device"]) { figures in
            figures.devices.map { MetricSample($1[keyPath: figure], $0) }
        }
    }
}
