internal import Kernel
internal import Model
internal import Testing

@testable import OCI

/// A request that asks for nothing special, of a pod with namespaces of its own.
func plainRequest(
    command: [String] = ["/bin/app"], security: LinuxContainerSecurityContext? = nil,
    pod: LinuxSandboxSecurityContext? = nil
) -> SpecRequest {
    let container = ContainerConfig(
        metadata: ContainerMetadata(name: "app"), image: ImageSpec(image: "sha256:1"),
        command: command, linux: LinuxContainerConfig(securityContext: security))
    let options = NamespaceOption(pid: .container)
    let sandbox = PodSandboxConfig(
        metadata: PodSandboxMetadata(name: "pod", uid: "uid", namespace: "ns"), hostname: "web-0",
        linux: LinuxPodSandboxConfig(
            securityContext: pod ?? LinuxSandboxSecurityContext(namespaceOptions: options)))
    var request = SpecRequest(
        containerId: "c1", sandboxId: "s1", container: container, sandbox: sandbox,
        image: ImageConfig(), user: ResolvedUser(), rootfs: "/roots/c1",
        cgroup: CgroupPath(driver: .cgroupfs, parent: "/kubepods/pod1"),
        handler: Handler(name: "crun", path: "/usr/bin/crun", root: "/run/crun"))
    request.namespaces = PodNamespaces(network: "/ns/net", ipc: "/ns/ipc", uts: "/ns/uts")
    request.host = HostFacts(
        controllers: ["cpu", "cpuset", "memory", "hugetlb"], limitsSwap: true,
        hugepageSizes: ["2MB"], capabilities: Set(Capabilities.known))
    return request
}

/// Runs `body` and checks that it throws a `GantryError` of this code whose text has `part`.
func expectError(
    _ code: GantryError.Code, _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
) {
    do {
        _ = try body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch let error as GantryError {
        #expect(error.code == code, sourceLocation: sourceLocation)
        #expect("\(error)".contains(part), sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}

/// A directory of its own for `body`, with the files in `content` by relative path, and for each of
/// `programs` one that does what the shell script says.
func withDirectory<Result>(
    _ content: [String: String] = [:], programs: [String: String] = [:],
    _ body: (String) async throws -> Result
) async throws -> Result {
    let directory = try temporaryDirectory()
    let fake = "\(Path.parent(of: Path.parent(of: #filePath)))/Fixtures/fake-runtime"
    let scripts = programs.map { ("\($0).sh", $1) }
    for (name, text) in content.merging(scripts, uniquingKeysWith: { $1 }) {
        let path = "\(directory)/\(name)"
        try Files.makeDirectories(Path.parent(of: path))
        try Files.replace(path, with: Array(text.utf8))
    }
    for name in programs.keys { try makeSymlink(fake, "\(directory)/\(name)") }
    let result = try await body(directory)
    try await removeTree(directory)
    return result
}

/// The same of what is asynchronous.
func expectAsyncError(
    _ code: GantryError.Code, _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    let result: Result<Void, any Error>
    do {
        _ = try await body()
        result = .success(())
    } catch {
        result = .failure(error)
    }
    expectError(code, part, sourceLocation: sourceLocation) { try result.get() }
}
