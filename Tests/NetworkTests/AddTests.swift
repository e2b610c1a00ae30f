import Kernel
import Model
import Testing

@testable import Network

@Suite struct AddTests {
    let node: FakeNode

    init() throws { node = try FakeNode() }

    @Test func aPluginGetsTheProtocolsEnvironmentAndNoOther() async throws {
        try node.install("bridge")
        try node.configure(["bridge"])
        _ = try await node.plugins().add(.sample())
        var seen = try node.environment("bridge.ADD")
        // The shell's own.
        for name in ["PWD", "OLDPWD", "SHLVL", "_"] { seen[name] = nil }
        #expect(
            seen == [
                "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "abc123", "CNI_IFNAME": "eth0",
                "CNI_NETNS": "/proc/self/ns/net",
                "CNI_PATH": "\(node.directory)/absent:\(node.directory)/bin",
                "CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;"
                    + "K8S_POD_INFRA_CONTAINER_ID=abc123;K8S_POD_UID=u-1",
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ])
    }

    @Test func eachPluginGetsTheResultOfTheOneBefore() async throws {
        let second = """
            {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.6/16"}, {"address": "fd00::6/64"}]}
            """
        try node.install("one")
        try node.install("two", "ADD) \(FakeNode.printing(second));;")
        try node.install("three", "ADD) \(FakeNode.printing(second));;")
        try node.configure(["one", "two", "three"])
        let result = try await node.plugins().add(.sample())
        #expect(node.calls == ["one.ADD", "two.ADD", "three.ADD"])
        #expect(try node.request("one.ADD")["prevResult"] == nil)
        #expect(
            try node.request("two.ADD")["prevResult"]?["ips"]?.array?.first?["address"]?.string
                == "10.1.0.5/16")
        #expect(try node.request("three.ADD")["prevResult"] == result.raw)
        #expect(result.ips == ["10.1.0.6", "fd00::6"])
    }

    @Test func theConfigurationGoesThroughWithTheListsNameAndVersion() async throws {
        try node.install("bridge")
        try node.configure(
            "a.conflist",
            """
            {"name": "test", "cniVersion": "0.4.0", "plugins": [{"type": "bridge", "name": "own",
             "cniVersion": "0.1.0", "mtu": 1400, "big": 12345678901, "ratio": 0.5,
             "ipam": {"type": "host-local"}, "capabilities": {"portMappings": true},
             "runtimeConfig": {"forged": true}}]}
            """)
        _ = try await node.plugins().add(.sample())
        #expect(
            try node.request("bridge.ADD") == [
                "type": "bridge", "name": "test", "cniVersion": "0.4.0", "mtu": 1400,
                "big": 12_345_678_901, "ratio": .number(0.5), "ipam": ["type": "host-local"],
            ])
    }

    @Test func onlyDeclaredCapabilitiesArePassed() async throws {
        try node.install("bridge")
        try node.install("portmap")
        try node.configure(
            "a.conflist",
            """
            {"name": "test", "cniVersion": "1.0.0", "plugins": [
             {"type": "bridge", "capabilities": {"dns": true, "portMappings": false}},
             {"type": "portmap", "capabilities": {"portMappings": true, "unheard-of": true}}]}
            """)
        var attachment = Attachment.sample()
        attachment.portMappings = [
            PortMapping(containerPort: 80), PortMapping(containerPort: 80, hostPort: 8080),
        ]
        attachment.dns = DNSConfig(servers: ["10.0.0.10"], searches: ["svc"], options: [])
        attachment.annotations = ["kubernetes.io/egress-bandwidth": "10M"]
        let result = try await node.plugins().add(attachment)
        #expect(
            try node.request("bridge.ADD")["runtimeConfig"] == [
                "dns": ["servers": ["10.0.0.10"], "searches": ["svc"], "options": []]
            ])
        #expect(
            try node.request("portmap.ADD")["runtimeConfig"] == [
                "portMappings": [["hostPort": 8080, "containerPort": 80, "protocol": "tcp"]]
            ])
        #expect(result.ignoredCapabilities == ["bandwidth"])
    }

    @Test func theIntentIsOnDiskBeforeAdd() async throws {
        try node.install(
            "bridge", "ADD) cp -r \(node.cache) seen; \(FakeNode.printing(FakeNode.result));;")
        try node.configure(["bridge"])
        _ = try await node.plugins().add(.sample())
        let path = "\(node.directory)/calls/seen/abc123:eth0.json"
        let intent = try JSONValue(parsing: try Files.read(path))
        #expect(intent["result"] == nil)
        #expect(intent["namespacePath"]?.string == "/proc/self/ns/net")
        #expect(node.recorded == ["abc123:eth0.json"])
    }

    @Test func aSecondAddDeletesFirst() async throws {
        try node.install("bridge")
        try node.configure(["bridge"])
        let plugins = node.plugins()
        _ = try await plugins.add(.sample())
        _ = try await plugins.add(.sample())
        #expect(node.calls == ["bridge.ADD", "bridge.DEL", "bridge.ADD"])
    }

    @Test(arguments: [
        (#"{"cniVersion": "0.2.0", "ip4": {"ip": "10.1.0.9/24"}, "ip6": {"ip": "fd00::9/64"}}"#),
        (#"{"cniVersion": "0.3.1", "ips": [{"version": "4", "address": "10.1.0.9/24"},"#
            + #"{"version": "6", "address": "fd00::9/64"}]}"#),
        (#"{"ips": [{"address": "10.1.0.9/24"}, {"address": "fd00::9/64"}]}"#),
    ])
    func resultsOfAnyVersionAreUnderstood(_ text: String) async throws {
        try node.install("one", "ADD) \(FakeNode.printing(text));;")
        try node.install("two", "ADD) \(FakeNode.printing(text));;")
        try node.configure(["one", "two"], version: "0.4.0")
        #expect(try await node.plugins().add(.sample()).ips == ["10.1.0.9", "fd00::9"])
        let previous = try node.request("two.ADD")["prevResult"]
        #expect(previous?["cniVersion"]?.string == "0.4.0")
        #expect(previous?["ips"]?.array?.map { $0["version"]?.string } == ["4", "6"])
    }
}
