internal import TOML
internal import Text

/// containerd's config.toml, versions 2 to 4: docs/man/containerd-config.toml.5.md and
/// docs/cri/config.md there. Version 3 divided the CRI's plugin in two.
enum ContainerdRules {
    private static let cri = "plugins/io.containerd.grpc.v1.cri"
    private static let runtime = "plugins/io.containerd.cri.v1.runtime"
    private static let images = "plugins/io.containerd.cri.v1.images"
    private static let nri = "plugins/io.containerd.nri.v1.nri"

    static var all: [MigrationRule] {
        of(cri) + of(runtime) + of(images) + plugins + daemon
    }

    /// Where a handler's keys are.
    static let handlers = [cri, runtime].map {
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
            .init(
                "\(plugin)/containerd/snapshotter",
                .otherwise("layers are trees on overlay; other snapshotters have no counterpart")),
            .init("\(plugin)/containerd/disable_snapshot_annotations", .none),
            .init("\(plugin)/registry/config_path", .paths("certs_dirs")),
            .init(
                "\(plugin)/registry/mirrors/*",
                .otherwise("write certs.d/HOST/hosts.toml, or registries.conf")),
            .init(
                "\(plugin)/registry/configs/*",
                .otherwise("write certs.d/HOST/hosts.toml, and credentials into auth_file")),
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
                "\(plugin)/x509_key_pair_streaming/tls_cert_file", .text("streaming_certificate")),
            .init("\(plugin)/x509_key_pair_streaming/tls_key_file", .text("streaming_key")),
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

    private static let plugins: [MigrationRule] = [
        .init("\(nri)/disable", .negated("nri")),
        .init("\(nri)/socket_path", .text("nri_socket")),
        .init("\(nri)/plugin_path", .text("nri_plugin_dir")),
        .init("\(nri)/plugin_config_path", .text("nri_config_dir")),
        .init("\(nri)/plugin_registration_timeout", .seconds("nri_registration_timeout")),
        .init("\(nri)/plugin_request_timeout", .seconds("nri_request_timeout")),
        .init("\(nri)/*", .none),
        .init("plugins/*", .none),
    ]

    private static let daemon: [MigrationRule] = [
        .init("metrics/address", .text("metrics_address")),
        .init("metrics/grpc_histogram", .none),
        .init("debug/level", .none), .init("debug/*", .none),
        .init("grpc/address", .otherwise("the socket is /run/gantry/gantry.sock")),
        .init("grpc/*", .none), .init("ttrpc/*", .none),
        .init("root", .otherwise("images and pods are below /var/lib/gantry")),
        .init("state", .otherwise("what a reboot voids is below /run/gantry")),
        .init("version", .none), .init("imports", .none), .init("oom_score", .none),
        .init("timeouts/*", .none), .init("cgroup/*", .none), .init("proxy_plugins/*", .none),
        .init("stream_processors/*", .none), .init("temp", .none), .init("plugin_dir", .none),
        .init("required_plugins", .none), .init("disabled_plugins", .none),
    ]
}
