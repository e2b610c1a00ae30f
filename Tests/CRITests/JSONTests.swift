internal import CRI
internal import Model
internal import Testing

@Suite struct JSONTests {
    @Test func usesTheContractsNames() {
        let config = PodSandboxConfig(
            metadata: PodSandboxMetadata(name: "web", attempt: 2), labels: ["app": "web"],
            linux: LinuxPodSandboxConfig(
                securityContext: LinuxSandboxSecurityContext(supplementalGroups: [7, -1])))
        let json = config.json()
        #expect(
            json["metadata"] == ["name": "web", "uid": "", "namespace": "", "attempt": 2])
        #expect(json["labels"] == ["app": "web"])
        #expect(json["annotations"] == [:])
        #expect(json["port_mappings"] == [])
        #expect(json["linux"]?["security_context"]?["supplemental_groups"] == [7, -1])
        #expect(json["dns_config"] == nil)
    }

    @Test func enumsAreNames() {
        let mount = Mount(propagation: .hostToContainer, uidMappings: [IDMapping(hostId: 9)])
        #expect(mount.json()["propagation"] == "PROPAGATION_HOST_TO_CONTAINER")
        #expect(
            mount.json()["uidMappings"] == [["host_id": 9, "container_id": 0, "length": 0]])
    }

    @Test func scalarsKeepTheirValues() {
        #expect(PortForwardRequest(port: [80, 443]).json()["port"] == [80, 443])
        #expect(PsiData(total: .max, avg10: 0.5).json()["Total"] == "18446744073709551615")
        #expect(PsiData(total: .max, avg10: 0.5).json()["Avg10"] == .number(0.5))
        #expect(KeyValue(key: "A", value: Array("b".utf8)).json() == ["key": "A", "value": "b"])
        #expect(ExecRequest(tty: true).json()["tty"] == true)
    }

    @Test func secretsAreLeftOut() {
        let request = PullImageRequest(auth: AuthConfig(username: "u", password: "secret"))
        #expect(request.json()["auth"] == "redacted")
    }
}
