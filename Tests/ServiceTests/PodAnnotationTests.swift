import Model
import OCI
import Testing

@testable import Service

/// What pods ask for by annotations that CRI-O made common.
struct PodAnnotationTests {
    private static func handler(_ allowed: String...) -> Handler {
        Handler(name: "a", path: "/a", root: "/r", allowedAnnotations: allowed)
    }

    private static func shm(_ text: String, _ handler: Handler) throws -> Int {
        let config = PodSandboxConfig(annotations: [SharedMemory.annotation: text])
        return try SharedMemory(config, handler, Settings()).bytes
    }

    @Test(arguments: [
        ("1", 1), ("128Mi", 128 << 20), ("128m", 128 << 20), ("1GB", 1 << 30), ("64k", 64 << 10),
    ])
    func sizesOfSharedMemory(text: String, bytes: Int) throws {
        #expect(try Self.shm(text, Self.handler("io.kubernetes.cri-o.*")) == bytes)
    }

    @Test(arguments: ["", "0", "-1", "1.5Gi", "9223372036854775807k", "1e9", "m", "1,size=2"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(throws: GantryError.self) { try Self.shm(text, Self.handler("*")) }
    }

    @Test func withoutTheHandlersLeaveTheAnnotationSaysNothing() throws {
        #expect(try Self.shm("nonsense", Self.handler()) == 64 << 20)
        let devices = try AnnotatedDevices(
            [AnnotatedDevices.annotation: "/dev/sda"], Self.handler(), allowed: [])
        #expect(devices.devices.isEmpty)
    }

    @Test func devicesByAnnotation() throws {
        let text = "/dev/fuse, /dev/net/tun:/dev/tun:rw,/dev/fuse:r"
        let found = try AnnotatedDevices(
            [AnnotatedDevices.annotation: text], Self.handler("*"),
            allowed: ["/dev/fuse", "/dev/net/tun"])
        #expect(
            found.devices == [
                Device(containerPath: "/dev/fuse", hostPath: "/dev/fuse", permissions: "rwm"),
                Device(containerPath: "/dev/tun", hostPath: "/dev/net/tun", permissions: "rw"),
                Device(containerPath: "/dev/fuse", hostPath: "/dev/fuse", permissions: "r"),
            ])
    }

    @Test(arguments: ["/dev/sda", "/dev/fuse/../sda", ":/dev/fuse", "/dev/fuse:/a:r:w"])
    func otherDevicesAreRefused(text: String) {
        #expect(throws: GantryError.self) {
            try AnnotatedDevices(
                [AnnotatedDevices.annotation: text], Self.handler("*"), allowed: ["/dev/fuse"])
        }
    }
}
