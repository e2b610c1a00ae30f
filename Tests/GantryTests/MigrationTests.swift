import OCI
import Service
import TOML
import Testing

@testable import gantry

/// `gantry migrate`: what becomes of containerd's and CRI-O's keys.
struct MigrationTests {
    private static func migrated(_ source: MigrationSource, _ texts: String...) throws -> Migration
    {
        var migration = Migration(from: source)
        for text in texts { migration.read(try TOMLSection(text, "f"), "f") }
        return migration
    }

    private static let streamKeys = """
        stream_server_port = "10010"
        stream_idle_timeout = "1h30m0s"
        """
    private static let streams = "[plugins.\"io.containerd.grpc.v1.cri\"]\n\(streamKeys)"

    private static func value(_ key: String, _ migration: Migration) -> String? {
        migration.lines.first { $0.key == key }?.value
    }

    @Test(arguments: [
        (2, "io.containerd.grpc.v1.cri", "io.containerd.grpc.v1.cri"),
        (3, "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"),
        (4, "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"),
    ])
    func containerd(version: Int, runtime: String, images: String) throws {
        let migration = try Self.migrated(
            .containerd,
            """
            version = \(version)
            root = "/var/lib/containerd"
            [metrics]
            address = "127.0.0.1:1338"
            [plugins."\(images)".registry]
            config_path = "/etc/containerd/certs.d:/etc/docker/certs.d"
            [plugins."\(runtime)"]
            device_ownership_from_security_context = true
            max_unknown = 3
            \(version == 2 ? Self.streamKeys : "")
            [plugins."\(runtime)".cni]
            bin_dir = "/usr/lib/cni"
            [plugins."\(runtime)".containerd]
            default_runtime_name = "mine"
            [plugins."\(runtime)".containerd.runtimes.mine]
            runtime_type = "io.containerd.runc.v2"
            pod_annotations = ["a.b/*"]
            [plugins."\(runtime)".containerd.runtimes.mine.options]
            BinaryName = "/opt/mine"
            SystemdCgroup = true
            [plugins."\(runtime)".containerd.runtimes.kata]
            runtime_type = "io.containerd.kata.v2"
            \(version == 2 ? "" : Self.streams)
            [plugins."io.containerd.nri.v1.nri"]
            disable = true
            """)
        #expect(Self.value("metrics_address", migration) == #""127.0.0.1:1338""#)
        #expect(
            Self.value("certs_dirs", migration)
                == #"["/etc/containerd/certs.d", "/etc/docker/certs.d"]"#)
        #expect(Self.value("device_ownership_from_security_context", migration) == "true")
        #expect(Self.value("cni_plugin_dirs", migration) == #"["/usr/lib/cni"]"#)
        #expect(Self.value("streaming_port", migration) == "10010")
        #expect(Self.value("streaming_idle_timeout", migration) == "5400")
        #expect(Self.value("cgroup_driver", migration) == #""systemd""#)
        #expect(Self.value("nri", migration) == "false")
        #expect(migration.missing.contains { $0.contains("max_unknown = 3") })
        #expect(migration.missing.contains { $0.contains("kata") })
        #expect(migration.different.contains { $0.contains("/var/lib/gantry") })
        let settings = try Configuration.read(migration.text, as: "r").settings
        #expect(settings.defaultHandler == "mine")
        #expect(settings.handlers.map(\.name) == ["mine"])
        #expect(settings.handlers.first?.path == "/opt/mine")
        #expect(settings.handlers.first?.allowedAnnotations == ["a.b/*"])
    }

    @Test func crio() throws {
        let migration = try Self.migrated(
            .crio,
            """
            [crio.runtime]
            cgroup_manager = "cgroupfs"
            default_runtime = "crun"
            default_capabilities = ["CHOWN", "KILL"]
            default_ulimits = ["nofile=1:2"]
            pids_limit = 4096
            [crio.runtime.runtimes.crun]
            runtime_path = "/usr/bin/crun"
            runtime_root = "/run/crun"
            allowed_annotations = ["io.kubernetes.cri-o.Devices"]
            [crio.image]
            pinned_images = ["a/*"]
            pause_image = "registry.k8s.io/pause:3.9"
            [crio.network]
            plugin_dirs = ["/opt/cni/bin/"]
            [crio.nri]
            enable_nri = true
            """, "[crio.image]\npinned_images = [\"b/*\"]")
        let settings = try Configuration.read(migration.text, as: "r").settings
        #expect(settings.pinnedImages == ["b/*"])
        #expect(settings.defaultCapabilities == ["CHOWN", "KILL"])
        #expect(settings.cgroupDriver == .cgroupfs)
        #expect(settings.handlers.first?.allowedAnnotations == ["io.kubernetes.cri-o.Devices"])
        #expect(migration.missing == ["f: crio.runtime.pids_limit = 4096"])
        #expect(migration.different.contains { $0.contains("pause") })
    }

    @Test func eachLineSaysWhereItCameFrom() throws {
        let text = try Self.migrated(.crio, "[crio.nri]\nnri_listen = \"/s\"").text
        #expect(text.hasSuffix("# f: crio.nri.nri_listen = \"/s\"\nnri_socket = \"/s\"\n"))
    }

    @Test(arguments: [
        ("4h0m0s", 14400), ("1.5s", 2), ("300ms", 1), ("", nil), ("5", nil), ("x", nil),
        ("-1s", nil),
    ])
    func durations(text: String, seconds: Int?) {
        #expect(GoDuration.seconds(text) == seconds)
    }

    @Test func rulesOfKeysThatAreThere() throws {
        let known = Set(Configuration.keys.map(\.name))
        for rule in ContainerdRules.all + CRIORules.all {
            let key: String? =
                switch rule.action {
                case .text(let key), .list(let key), .number(let key), .seconds(let key),
                    .flag(let key), .negated(let key), .paths(let key):
                    key
                case .choice(let key, _, _): key
                case .otherwise, .missing, .none: nil
                }
            if let key { #expect(known.contains(key), "\(rule.path)") }
        }
    }
}
