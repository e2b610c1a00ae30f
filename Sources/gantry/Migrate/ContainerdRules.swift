internal import TOML
internal import Text

/// containerd's config.toml, versions 1 to 4: docs/man/containerd-config.toml.5.md and
/// docs/cri/config.md there. Version 3 divided the CRI's plugin in two.
enum ContainerdRules {
    private static let cri = "plugins/io.containerd.grpc.v1.cri"
    private static let runtime = "plugins/io.containerd.cri.v1.runtime"
    private static let images = "plugins/io.containerd.cri.v1.images"
    private static let nri = "plugins/io.containerd.nri.v1.nri"

    /// What version 1 had is what version 2 called otherwise.
    private static let ones = ["plugins/cri", cri, runtime, images]

    static let all: [MigrationRule] = ones.flatMap(of) + plugins + daemon

    /// Where a handler's keys are.
    static let handlers = ["plugins/cri", cri, runtime].map {
        ($0 + "/containerd/runtimes").split(at: "/").map(String.init)
    }

    private static func of(_ plugin: String) -> [MigrationRule] {
        [
            .init("\(plugin)/cni/bin_dir", .list("cni_plugin_dirs")),
            .init("\(plugin)/cni/bin_dirs", .list("cni_plugin_dirs")),
            .init("\(plugin)/cni/conf_dir", .list("cni_config_dirs")),
            .init(
                "\(plugin)/cni/max_conf_num",
                .otherwise("the first CNI configuration by name is used, and no other")),
            .init("\(plugin)/cni/*", .none),
            .init("\(plugin)/containerd/default_runtime_name", .text("default_runtime")),
            .init("\(plugin)/containerd/default_runtime/*", .none),
            .init("\(plugin)/containerd/untrusted_workload_runtime/*", .none),
            .init("\(plugin)/containerd/snapshotter", .otherwise(snapshotter)),
            .init("\(plugin)/containerd/disable_snapshot_annotations", .none),
            .init("\(plugin)/snapshotter", .otherwise(snapshotter)),
            .init("\(plugin)/disable_snapshot_annotations", .none),
            .init("\(plugin)/runtime_platforms/*", .none),
            .init("\(plugin)/image_pull_progress_timeout", .otherwise("a pull that stalls ends")),
            .init("\(plugin)/drain_exec_sync_io_timeout", .none),
            .init(
                "\(plugin)/enable_criu",
                .otherwise("checkpoint in [runtimes.NAME] says whether containers are checkpointed")
            ),
            .init("\(plugin)/use_local_image_pull", .none),
            .init("\(plugin)/max_concurrent_unpacks", .none),
            .init("\(plugin)/registry/config_path", .paths("certs_dirs")),
            .init("\(plugin)/cdi_spec_dirs", .list("cdi_spec_dirs")),
            .init("\(plugin)/enable_cdi", .none),
            .init(
                "\(plugin)/device_ownership_from_security_context",
                .flag("device_ownership_from_security_context")),
            .init("\(plugin)/sandbox_image", .otherwise("no pause image is pulled")),
            .init("\(plugin)/pinned_images/sandbox", .otherwise("no pause image is pulled")),
            .init("\(plugin)/stream_server_address", .text("streaming_address")),
            .init("\(plugin)/stream_server_port", .number("streaming_port")),
            .init("\(plugin)/stream_idle_timeout", .seconds("streaming_idle_timeout")),
            .init(
                "\(plugin)/x509_key_pair_streaming/tls_cert_file",
                .when("\(plugin)/enable_tls_streaming", .text("streaming_certificate"))),
            .init(
                "\(plugin)/x509_key_pair_streaming/tls_key_file",
                .when("\(plugin)/enable_tls_streaming", .text("streaming_key"))),
            .init("\(plugin)/enable_tls_streaming", .none),
            .init("\(plugin)/disable_tcp_service", .none),
            .init(
                "\(plugin)/enable_selinux",
                .otherwise("labels are used wherever the kernel has SELinux")),
            .init("\(plugin)/enable_unprivileged_ports", .none),
            .init("\(plugin)/enable_unprivileged_icmp", .none),
            .init("\(plugin)/systemd_cgroup", .none),
            .init("\(plugin)/disable_hugetlb_controller", .none),
            .init("\(plugin)/tolerate_missing_hugetlb_controller", .none),
            .init("\(plugin)/image_decryption/*", .none),
            .init("\(plugin)/stats_collect_period", .otherwise("figures are read when asked for")),
            .init("\(plugin)/max_concurrent_downloads", .none),
            .init("\(plugin)/max_container_log_line_size", .none),
            .init("\(plugin)/selinux_category_range", .none),
            .init("\(plugin)/*", .missing),
        ]
    }

    private static let plugins: [MigrationRule] =
        [
            .init("\(nri)/disable", .negated("nri")),
            .init("\(nri)/socket_path", .text("nri_socket")),
            .init("\(nri)/plugin_path", .text("nri_plugin_dir")),
            .init("\(nri)/plugin_config_path", .text("nri_config_dir")),
            .init("\(nri)/plugin_registration_timeout", .seconds("nri_registration_timeout")),
            .init("\(nri)/plugin_request_timeout", .seconds("nri_request_timeout")),
            .init("\(nri)/default_validator/*", .missing),
            .init("\(nri)/*", .none),
            .init("plugins/io.containerd.server.v1.metrics/address", .text("metrics_address")),
            .init("plugins/io.containerd.server.v1.grpc/address", .otherwise(socket)),
            .init("plugins/io.containerd.server.v1.grpc/gid", .otherwise(group)),
            .init("plugins/io.containerd.server.v1.grpc-tcp/address", .missing),
            .init("plugins/io.containerd.server.v1.debug/level", .word("log_level", levels)),
            .init(
                "plugins/io.containerd.tracing.processor.v1.otlp/endpoint",
                .text("trace_endpoint")),
            .init("plugins/io.containerd.tracing.processor.v1.otlp/protocol", .none),
            .init("plugins/io.containerd.tracing.processor.v1.otlp/insecure", .none),
            .init(
                "plugins/io.containerd.internal.v1.tracing/sampling_ratio", .share("trace_sampling")
            ),
            .init("plugins/io.containerd.internal.v1.tracing/*", .none),
            .init(
                "plugins/io.containerd.service.v1.tasks-service/blockio_config_file",
                .text("blockio_config_file")),
            .init("plugins/io.containerd.service.v1.tasks-service/*", .missing),
        ] + own.map { .init("plugins/\($0)/*", .none) }

    /// How containerd itself works, which is of no concern here.
    private static let own =
        [
            "content.v1.content", "differ.v1.erofs", "differ.v1.walking", "event.v1.exchange",
            "gc.v1.scheduler", "image-verifier.v1.bindir", "internal.v1.opt", "internal.v1.restart",
            "metadata.v1.bolt", "metrics.v1.grpc-prometheus", "monitor.container.v1.restart",
            "monitor.task.v1.cgroups", "monitor.v1.cgroups", "mount-handler.v1.erofs",
            "mount-manager.v1.bolt", "runtime.v1.linux", "runtime.v2.task", "runtime.v2.shim",
            "server.v1.debug", "server.v1.grpc", "server.v1.grpc-tcp", "server.v1.metrics",
            "server.v1.ttrpc", "service.v1.diff-service", "shim.v1.manager", "snapshotter.v1.aufs",
            "snapshotter.v1.blockfile", "snapshotter.v1.btrfs", "snapshotter.v1.devmapper",
            "snapshotter.v1.erofs", "snapshotter.v1.native", "snapshotter.v1.overlayfs",
            "snapshotter.v1.zfs", "transfer.v1.local",
        ].map { "io.containerd.\($0)" }

    private static let snapshotter =
        "layers are trees or indexed tars on overlay; other snapshotters have no counterpart"
    private static let socket = "the socket is /run/gantry/gantry.sock"
    private static let group = "name the group in socket_group"
    /// logrus' levels.
    static let levels = [
        "trace": "trace", "debug": "debug", "info": "info", "warn": "warning",
        "warning": "warning", "error": "error", "fatal": "critical", "panic": "critical",
    ]

    private static let daemon: [MigrationRule] = [
        .init("metrics/address", .text("metrics_address")),
        .init("metrics/grpc_histogram", .none),
        .init("debug/level", .word("log_level", levels)), .init("debug/*", .none),
        .init("grpc/address", .otherwise(socket)), .init("grpc/gid", .otherwise(group)),
        .init("grpc/tcp_address", .missing),
        .init("grpc/*", .none), .init("ttrpc/*", .none),
        .init("root", .otherwise("images and pods are below /var/lib/gantry")),
        .init("state", .otherwise("what a reboot voids is below /run/gantry")),
        .init("version", .none), .init("imports", .none),
        .init("oom_score", .otherwise("the unit sets OOMScoreAdjust")),
        .init("timeouts/*", .none), .init("cgroup/*", .none), .init("proxy_plugins/*", .missing),
        .init("stream_processors/io.containerd.ocicrypt.decoder.v1.tar/*", .none),
        .init("stream_processors/io.containerd.ocicrypt.decoder.v1.tar.gzip/*", .none),
        .init("temp", .none), .init("plugin_dir", .none),
        .init("required_plugins", .none), .init("disabled_plugins", .none),
    ]
}
