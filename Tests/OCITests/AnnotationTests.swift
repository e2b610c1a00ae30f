internal import Model
internal import Testing

@testable import OCI

@Suite struct AnnotationTests {
    @Test func whatRuntimesKnowFromOthers() throws {
        var request = plainRequest()
        request.container.image = ImageSpec(image: "sha256:1", userSpecifiedImage: "busybox:1")
        #expect(
            try SpecBuilder.container(request).annotations == [
                "io.kubernetes.cri.container-type": "container",
                "io.kubernetes.cri.container-name": "app",
                "io.kubernetes.cri.image-name": "busybox:1",
                "io.kubernetes.cri.sandbox-id": "s1", "io.kubernetes.cri.sandbox-name": "pod",
                "io.kubernetes.cri.sandbox-namespace": "ns",
                "io.kubernetes.cri.sandbox-uid": "uid",
            ])
    }

    @Test func usersOnlyAsTheHandlerAllows() throws {
        var request = plainRequest()
        request.handler.allowedAnnotations = ["dev.gvisor.*", "one"]
        request.sandbox.annotations = ["dev.gvisor.x": "1", "two": "2"]
        request.container.annotations = ["one": "3", "io.kubernetes.cri.sandbox-id": "stolen"]
        let found = try SpecBuilder.container(request).annotations
        #expect(found["dev.gvisor.x"] == "1")
        #expect(found["one"] == "3")
        #expect(found["two"] == nil)
        #expect(found["io.kubernetes.cri.sandbox-id"] == "s1")
    }

    @Test func infraContainer() throws {
        let plain = plainRequest()
        var infra = InfraRequest(
            sandboxId: "s1", sandbox: plain.sandbox, rootfs: "/pause",
            namespaces: plain.namespaces, cgroup: plain.cgroup, handler: plain.handler)
        infra.sandbox.linux?.securityContext?.namespaceOptions?.pid = .pod
        infra.host = plain.host
        let spec = try SpecBuilder.infra(infra)
        #expect(spec.process.args == ["/pause"])
        #expect(spec.process.capabilities?.bounding == [])
        #expect(spec.process.noNewPrivileges)
        #expect(spec.root == Spec.Root(path: "/pause", readonly: true))
        #expect(spec.linux.namespaces.contains(Spec.Namespace(.pid)))
        #expect(spec.linux.namespaces.contains(Spec.Namespace(.network, path: "/ns/net")))
        #expect(spec.hostname == nil)
        infra.handler.infra = true
        #expect(try SpecBuilder.infra(infra).hostname == "web-0")
        #expect(spec.linux.cgroupsPath == "/kubepods/pod1/s1")
        #expect(spec.annotations["io.kubernetes.cri.container-type"] == "sandbox")
        #expect(spec.annotations["io.kubernetes.cri.container-name"] == nil)
    }

    /// A virtual machine is made as large as they say.
    @Test func theSizeOfAPod() throws {
        let plain = plainRequest()
        var infra = InfraRequest(
            sandboxId: "s1", sandbox: plain.sandbox, rootfs: "/pause",
            namespaces: plain.namespaces, cgroup: plain.cgroup, handler: plain.handler)
        let key = "io.kubernetes.cri.sandbox-"
        #expect(try SpecBuilder.infra(infra).annotations[key + "memory"] == nil)
        infra.sandbox.logDirectory = "/var/log/pods/ns_pod_uid"
        infra.sandbox.linux?.resources = LinuxContainerResources(
            cpuPeriod: 100_000, cpuQuota: -1, cpuShares: 2, memoryLimitInBytes: 64 << 20)
        let found = try SpecBuilder.infra(infra)
        #expect(found.annotations[key + "cpu-period"] == "100000")
        #expect(found.annotations[key + "cpu-quota"] == "-1")
        #expect(found.annotations[key + "cpu-shares"] == "2")
        #expect(found.annotations[key + "memory"] == "67108864")
        #expect(found.annotations[key + "log-directory"] == "/var/log/pods/ns_pod_uid")
        #expect(try SpecBuilder.container(plain).annotations[key + "memory"] == nil)
    }
}
