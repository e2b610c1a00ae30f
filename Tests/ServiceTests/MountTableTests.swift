import OCI
import Testing

@testable import Service

@Suite struct MountTableTests {
    private let table = MountTable(
        """
        22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
        30 22 0:25 / /run rw shared:5 - tmpfs tmpfs rw
        31 22 0:26 / /var/with\\040blank rw - tmpfs tmpfs rw
        32 22 0:27 / /slave rw master:5 - tmpfs tmpfs rw
        33 22 0:28 / /runner rw - tmpfs tmpfs rw
        """)

    @Test(arguments: [
        ("/etc", HostMount.Sharing.shared), ("/run", .shared), ("/run/x/y", .shared),
        ("/var/with blank/a", .unshared), ("/var/with", .shared), ("/slave/deep", .slave),
        ("/runner", .unshared),
    ]) func theLongestMountPointCounts(_ path: String, _ sharing: HostMount.Sharing) {
        #expect(table.sharing(of: path) == sharing)
    }

    @Test func pathsAreBytes() {
        let table = MountTable(
            "22 1 8:1 / / rw shared:1 - ext4 a rw\n23 22 8:2 / /\u{e9} rw - ext4 b rw\r\n"
                + "25 22 8:4 / /y rw - ext4 c rw\n")
        #expect(table.sharing(of: "/\u{e9}") == .unshared)
        #expect(table.sharing(of: "/e\u{301}") == .shared)
        #expect(table.sharing(of: "/y") == .unshared)
    }
}
