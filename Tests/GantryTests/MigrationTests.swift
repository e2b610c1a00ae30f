import OCI
import Service
import TOML
import Testing

@testable import gantry

/// `gantry migrate`: what becomes of containerd's and CRI-O's keys.
struct MigrationTests {
    private static func migrated(_ source: MigrationSource, _ texts: String...) throws
        -> MigrationResult
    {
        var migration = Migration(from: source)
        for text in texts { migration.read(try TOMLSection(text, "f"), "f") }
        return MigrationResult(migration)
    }

    private static let streamKeys = """
        stream_server_port = "10010"
        stream_idle_timeout = "1h30m0s"
        """
    private static let streams = "[plugins.\"io.containerd.grpc.v1.cri\"]\n\(streamKeys)"

    private static func value(_ key: String, _ migration: MigrationResult) -> String? {
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
            \(version == 2 ? "sandbox_mode" : "sandboxer") = "shim"
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
        #expect(settings.handlers.map(\.name) == ["mine", "kata"])
        #expect(settings.handlers.last?.type == "shim")
        #expect(settings.handlers.last?.makesSandboxes == true)
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
            for key in Self.keys(rule.action) { #expect(known.contains(key), "\(rule.path)") }
        }
    }

    private static func keys(_ action: MigrationRule.Action) -> [String] {
        switch action {
        case .text(let key), .list(let key), .number(let key), .seconds(let key), .flag(let key),
            .negated(let key), .paths(let key), .share(let key):
            [key]
        case .word(let key, _), .made(let key, _): [key]
        case .when(_, let action): keys(action)
        case .each(let actions): actions.flatMap(keys)
        case .otherwise, .missing, .none: []
        }
    }

    @Test func criosMonitorsMetricsAndTraces() throws {
        let migration = try Self.migrated(
            .crio,
            """
            [crio.api]
            stream_tls_cert = "/not/used"
            tls_min_version = "VersionTLS13"
            [crio.runtime]
            conmon_cgroup = "system.slice"
            log_level = "warn"
            [crio.runtime.runtimes.crun]
            monitor_cgroup = "pod"
            container_create_timeout = 300
            default_annotations = {"a.b" = "c"}
            [crio.runtime.runtimes.crun-again]
            inherit_default_runtime = true
            [crio.runtime.runtimes.kata]
            runtime_type = "vm"
            runtime_path = "/usr/bin/containerd-shim-kata-v2"
            runtime_config_path = "/etc/kata.toml"
            [crio.metrics]
            enable_metrics = true
            metrics_host = "::1"
            [crio.tracing]
            enable_tracing = true
            tracing_sampling_rate_per_million = 0
            [crio.stats]
            included_pod_metrics = ["cpu", "memory"]
            """)
        let settings = try Configuration.read(migration.text, as: "r").settings
        #expect(settings.monitorCgroup == "system.slice")
        #expect(settings.streamingCertificate.isEmpty && settings.tlsMinimum == "1.3")
        #expect(settings.logLevel == "warning")
        #expect(settings.metricsAddress == "[::1]:9090")
        #expect(settings.traceEndpoint.isEmpty && settings.traceSampling == 0)
        #expect(settings.podMetricNames == ["cpu", "memory"])
        #expect(settings.handlers.map(\.type) == ["oci", "oci", "shim"])
        #expect(settings.handlers[0].path == settings.handlers[1].path)
        #expect(settings.handlers[0].defaults.annotations == ["a.b=c"])
        #expect(settings.handlers[0].defaults.createLimit == 300)
        #expect(settings.handlers[2].shim.configPath == "/etc/kata.toml")
        #expect(migration.missing.isEmpty, "\(migration.missing)")
    }

    /// One value that cannot be taken over is told of, and the others are taken.
    @Test func valuesThatAreNone() throws {
        let migration = try Self.migrated(
            .crio,
            """
            [crio.runtime]
            seccomp_profile = "unconfined"
            default_capabilities = ["NONE_SUCH"]
            default_env = ["=x"]
            conmon_cgroup = "pods"
            default_ulimits = 7
            [crio.image]
            pinned_images = ["a\\nsocket = 1"]
            """)
        #expect(migration.lines.map(\.key) == ["pinned_images"])
        #expect(migration.missing.count == 5)
        #expect(migration.text.split(separator: "\n").count == 3)
    }

    @Test func containerdsServersAndRegistries() throws {
        let migration = try Self.migrated(
            .containerd,
            """
            version = 2
            [plugins."io.containerd.server.v1.metrics"]
            address = "127.0.0.1:1"
            [plugins."io.containerd.tracing.processor.v1.otlp"]
            endpoint = "http://collector:4318"
            [plugins."io.containerd.internal.v1.tracing"]
            sampling_ratio = 0.25
            [plugins."io.containerd.snapshotter.v1.mine"]
            a = 1
            [plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]
            endpoint = ["https://mirror:5000/v2", "http://plain"]
            [plugins."io.containerd.grpc.v1.cri".registry.configs."mirror:5000".tls]
            ca_file = "/ca.pem"
            [plugins."io.containerd.grpc.v1.cri".registry.configs."mirror:5000".auth]
            password = "hunter2"
            [plugins."io.containerd.grpc.v1.cri".registry.mirrors."../../evil"]
            endpoint = ["https://x"]
            """)
        #expect(Self.value("metrics_address", migration) == #""127.0.0.1:1""#)
        #expect(Self.value("trace_endpoint", migration) == #""http://collector:4318""#)
        #expect(Self.value("trace_sampling", migration) == "250000")
        #expect(migration.missing.contains { $0.contains("snapshotter.v1.mine") })
        #expect(!(migration.text + migration.report).contains("hunter2"))
        #expect(migration.report.contains("auth_file"))
        #expect(migration.registries.map(\.host) == ["docker.io", "mirror:5000"])
        let mirrored = try TOMLSection(migration.registries[0].text, "hosts.toml")
        let hosts = try #require(try mirrored.section("host"))
        #expect(hosts.keys == ["https://mirror:5000/v2", "http://plain"])
        #expect(try hosts.section("https://mirror:5000/v2")?.string("ca") == "/ca.pem")
    }
}
