internal import Model
internal import System
import Testing

@testable import OCI

@Suite struct CDITests {
    private static let file = """
        {"cdiVersion": "0.6.0", "kind": "example.com/card",
         "containerEdits": {"env": ["CARDS=some"], "additionalGids": [0, 44]},
         "devices": [
           {"name": "0", "containerEdits": {
             "env": ["CARD=0"],
             "deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/null", "permissions": "r"},
                             {"path": "/dev/made", "type": "c", "major": 5, "minor": 6,
                              "fileMode": 384, "uid": 7, "gid": 8}],
             "mounts": [{"hostPath": "/src", "containerPath": "/lib/card",
                         "options": ["ro", "rbind"]}],
             "hooks": [{"hookName": "createContainer", "path": "/bin/setup", "args": ["setup"]}]}},
           {"name": "1"}]}
        """

    private func injection(_ names: [String], _ files: [String: String]) async throws -> Injection {
        try await withDirectory(files) {
            try await CDIDevices(
                directories: ["\($0)/low", "\($0)/high", "\($0)/none"], paths: HostPaths()
            )
            .injection(of: names)
        }
    }

    @Test func everyEdit() async throws {
        let found = try await injection(["example.com/card=0"], ["low/card.json": Self.file])
        #expect(found.environment == ["CARDS=some", "CARD=0"])
        #expect(found.groups == [44])
        let null = found.devices[0]
        #expect((null.device.path, null.source, null.access) == ("/dev/card0", "/dev/null", "r"))
        #expect((null.device.major, null.device.minor) == (1, 3))
        let made = Spec.Device(
            path: "/dev/made", type: "c", major: 5, minor: 6, fileMode: 0o600, uid: 7, gid: 8)
        #expect(found.devices[1] == HostDevice(made))
        #expect(
            found.mounts == [
                Spec.Mount("/lib/card", type: "bind", source: "/src", options: ["ro", "rbind"])
            ])
        #expect(found.hooks.createContainer == [Spec.Hook(path: "/bin/setup", args: ["setup"])])
    }

    @Test func yaml() async throws {
        let file = """
            cdiVersion: 0.5.0
            kind: nvidia.com/gpu
            devices:
            - name: "0"
              containerEdits:
                env: [CARD=0]
                deviceNodes:
                - {path: /dev/card, type: c, major: 195, minor: 0, fileMode: 0666}
            """
        let found = try await injection(["nvidia.com/gpu=0"], ["low/nvidia.yaml": file])
        #expect(found.environment == ["CARD=0"])
        #expect(found.devices.first?.device.fileMode == 0o666)
    }

    /// As cdi's own library writes a minor number of 0, and a FIFO.
    @Test func aDeviceWithoutAMinorNumber() async throws {
        let file = """
            {"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "devices": [
              {"name": "0", "containerEdits": {"deviceNodes": [
                {"path": "/dev/card", "type": "c", "major": 195},
                {"path": "/dev/fifo", "type": "p"}]}}]}
            """
        let found = try await injection(["nvidia.com/gpu=0"], ["low/nvidia.json": file])
        #expect(
            found.devices.map(\.device) == [
                Spec.Device(path: "/dev/card", type: "c", major: 195, minor: 0),
                Spec.Device(path: "/dev/fifo", type: "p", major: 0, minor: 0),
            ])
    }

    @Test func commonEditsCountOnce() async throws {
        let found = try await injection(
            ["example.com/card=0", "example.com/card=1"], ["low/card.json": Self.file])
        #expect(found.environment == ["CARDS=some", "CARD=0"])
        #expect(try await injection([], [:]) == Injection())
    }

    @Test func aLaterDirectoryWins() async throws {
        let other = """
            {"cdiVersion": "0.6.0", "kind": "example.com/card",
             "devices": [{"name": "0", "containerEdits": {"env": ["CARD=high"]}}]}
            """
        let files = ["low/card.json": Self.file, "high/card.json": other]
        #expect(
            try await injection(["example.com/card=0"], files).environment == ["CARD=high"])
        let twice = ["low/a.json": other, "low/b.json": other]
        await expectAsyncError(.invalidArgument, "several files") {
            try await injection(["example.com/card=0"], twice)
        }
    }

    @Test(arguments: [
        ("{", "low/x.json"),
        (#"{"cdiVersion": "9.0.0", "kind": "a/b"}"#, "\"9.0.0\" is unknown"),
        (
            #"{"cdiVersion": "0.6.0", "kind": "a/b", "devices": [{"name": "?"}]}"#,
            "\"a/b=?\" is no CDI device"
        ),
    ])
    func whatIsWrongWithFilesIsSaidWhenADeviceIsMissing(text: String, part: String) async throws {
        await expectAsyncError(.invalidArgument, part) {
            try await injection(["example.com/card=0"], ["low/x.json": text])
        }
    }

    @Test(arguments: ["", "card", "example.com/card", "a/b/c=d", "a/=d", "1a/b=c", "a/b=c-"])
    func namesThatAreNone(name: String) async {
        await expectAsyncError(.invalidArgument, "is no CDI device") {
            try await injection([name], [:])
        }
    }

    @Test func editsThatCannotBeMade() async {
        let file = """
            {"cdiVersion": "0.7.0", "kind": "a/b", "devices": [
              {"name": "rdt", "containerEdits": {"intelRdt": {"closID": "x"}}},
              {"name": "gone", "containerEdits": {"deviceNodes": [{"path": "/dev/no-such"}]}}]}
            """
        await expectAsyncError(.unimplemented, "intelRdt") {
            try await injection(["a/b=rdt"], ["low/x.json": file])
        }
        await expectAsyncError(.invalidArgument, "/dev/no-such is not a device") {
            try await injection(["a/b=gone"], ["low/x.json": file])
        }
    }

    @Test func namesOfAContainer() {
        let config = ContainerConfig(
            annotations: ["cdi.k8s.io/b": "v/c=2, v/c=1", "cdi.k8s.io/a": "v/c=3", "other": "x"],
            cdiDevices: [CDIDevice(name: "v/c=1")])
        #expect(CDIDevices.names(config) == ["v/c=1", "v/c=3", "v/c=2"])
    }

    @Test func theSpecHasAllOfIt() throws {
        var request = plainRequest()
        request.container.envs = [KeyValue(key: "A", value: Array("own".utf8))]
        request.injection.environment = ["A=injected"]
        request.injection.groups = [0, 44]
        request.injection.mounts = [Spec.Mount("/m", source: "/s")]
        request.injection.devices = [
            HostDevice(Spec.Device(path: "/dev/x", type: "c", major: 9, minor: 9), access: "w")
        ]
        request.injection.hooks.add(Spec.Hook(path: "/h"), at: .poststop)
        let spec = try SpecBuilder.container(request)
        #expect(spec.process.env.contains("A=injected"))
        #expect(spec.process.user.additionalGids == [0, 44])
        #expect(spec.mounts.last == Spec.Mount("/m", source: "/s"))
        #expect(spec.linux.devices?.map(\.path) == ["/dev/x"])
        #expect(spec.linux.resources?.devices?.last?.access == "w")
        #expect(spec.hooks?.poststop == [Spec.Hook(path: "/h")])
    }
}
