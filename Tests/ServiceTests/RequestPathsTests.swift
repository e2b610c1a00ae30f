import Model
import Testing

@testable import Service

@Suite struct RequestPathsTests {
    private func check(_ path: String) throws {
        try RequestPaths.check(
            ContainerConfig(mounts: [Mount(containerPath: path, hostPath: "/tmp")]))
    }

    @Test(arguments: ["..", "/", "/..", "a/..", ".", "/./a/../.."])
    func theRootIsNoMountPoint(path: String) {
        let error = #expect(throws: GantryError.self) { try check(path) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("mounts.container_path") == true)
    }

    @Test(arguments: ["/a", "a", "/../a", "/a/./b/..", "/\u{301}", "/..\u{301}"])
    func anyOtherPathIs(path: String) throws { try check(path) }
}
