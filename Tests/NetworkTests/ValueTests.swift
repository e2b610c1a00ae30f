import Model
import Testing

@testable import Network
import struct Network.Attachment

@Suite struct ValueTests {
    @Test(arguments: [
        ("1", 1), ("1.5k", 1500), ("10M", 1e7), ("1Gi", 1_073_741_824), ("1e6", 1e6), ("2E3", 2000),
        ("100m", 0.1), ("+5", 5), (".5M", 5e5), ("1E", 1e18),
    ])
    func quantities(_ text: String, _ value: Double) {
        #expect(Quantity.value(of: text) == value)
    }

    @Test(arguments: ["", "M", "1 M", "1X", "one", "1e", "1ek", "1.2.3", "0x10", "inf", "nan"])
    func noQuantities(_ text: String) {
        #expect(Quantity.value(of: text) == nil)
    }

    @Test func bandwidthHasABurstForEachRate() throws {
        let both = try Bandwidth(annotations: [
            "kubernetes.io/ingress-bandwidth": "1M", "kubernetes.io/egress-bandwidth": "1500.5",
        ])
        #expect(
            both?.argument == [
                "ingressRate": 1_000_000, "ingressBurst": 2_147_483_647, "egressRate": 1501,
                "egressBurst": 2_147_483_647,
            ])
        #expect(try Bandwidth(annotations: ["other": "1"]) == nil)
    }

    @Test(arguments: ["999", "1.1P", "-1M", "fast", ""])
    func bandwidthOutOfRangeIsRefused(_ text: String) {
        let error = #expect(throws: GantryError.self) {
            try Bandwidth(annotations: ["kubernetes.io/egress-bandwidth": text])
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func capabilityArgumentsFollowTheConventions() throws {
        var attachment = Attachment.sample()
        attachment.portMappings = [
            PortMapping(protocol: .sctp, containerPort: 9, hostPort: 9, hostIp: "::1")
        ]
        attachment.ips = ["10.0.0.2/24"]
        attachment.mac = "02:00:00:00:00:01"
        attachment.infinibandGUID = "c2:11:22:33:44:55:66:77"
        attachment.cgroupPath = "/kubepods/pod1"
        attachment.annotations = ["a": "b"]
        #expect(
            try attachment.capabilityArguments() == [
                "portMappings": [
                    ["hostPort": 9, "containerPort": 9, "protocol": "sctp", "hostIP": "::1"]
                ],
                "ips": ["10.0.0.2/24"], "mac": "02:00:00:00:00:01",
                "infinibandGUID": "c2:11:22:33:44:55:66:77", "cgroupPath": "/kubepods/pod1",
                "io.kubernetes.cri.pod-annotations": ["a": "b"],
            ])
        #expect(try Attachment.sample().capabilityArguments().isEmpty)
    }

    @Test func onlyThePodsInterfaceGivesAddresses() throws {
        let document: JSONValue = [
            "interfaces": [["name": "eth0"], ["name": "eth0", "sandbox": "/run/netns/a"]],
            "ips": [
                ["address": "10.0.0.1/24", "interface": 0],
                ["address": "fd00::2/64", "interface": 1],
                ["address": "10.0.0.2/24", "interface": 1],
                ["address": "10.0.0.3/24", "interface": 7],
            ],
        ]
        let result = PluginResult(document)
        #expect(try result.addresses(of: "eth0") == ["fd00::2", "10.0.0.2"])
        #expect(try result.addresses(of: "net1").count == 4)
    }

    @Test func conversionKeepsWhatItDoesNotKnow() {
        let old: JSONValue = [
            "cniVersion": "0.4.0", "dns": ["domain": "x"], "vendor": 1,
            "ips": [["version": "6", "address": "fd00::2/64", "interface": 1, "vendor": true]],
        ]
        let new: JSONValue = [
            "cniVersion": "1.1.0", "dns": ["domain": "x"], "vendor": 1,
            "ips": [["address": "fd00::2/64", "interface": 1, "vendor": true]],
        ]
        #expect(PluginResult(old).converted(to: .v110) == new)
        #expect(PluginResult(new).converted(to: .v040) == old)
    }

    @Test func identifiersAreOfASCII() {
        #expect(Names.isIdentifier("0a.b_C-"))
        for bad in ["", ".a", "a/b", "a b", "é", "aé", "a\0"] {
            #expect(!Names.isIdentifier(bad))
        }
    }
}
