internal import TOML
internal import Text

/// crio.conf(5).
enum CRIORules {
    static let handlers = [["crio", "runtime", "runtimes"]]

    private static let streamTLS = "crio/api/stream_enable_tls"
    private static let metrics = "crio/metrics/enable_metrics"
    private static let tracing = "crio/tracing/enable_tracing"
    private static let noPause = "no pause image is pulled"

    /// CRI-O's defaults stand for what is not there (crio.conf(5), crio.metrics and crio.tracing).
    private static func metricsAddress(_ migration: Migration) -> String? {
        let host = migration["crio/metrics/metrics_host"]?.string ?? "127.0.0.1"
        let port = migration["crio/metrics/metrics_port"]?.integer ?? 9090
        let isIPv6 = host.has(":") && !host.begins(with: "[")
        return "\(isIPv6 ? "[\(host)]" : host.isEmpty ? "0.0.0.0" : host):\(port)"
    }

    static let all: [MigrationRule] = [
        .init("crio/root", .otherwise("images and pods are below /var/lib/gantry")),
        .init("crio/runroot", .otherwise("what a reboot voids is below /run/gantry")),
        .init("crio/storage_driver", .otherwise("layers are trees or indexed tars on overlay")),
        .init("crio/storage_option", .none), .init("crio/log_dir", .none),
        .init("crio/version_file", .none), .init("crio/version_file_persist", .none),
        .init("crio/clean_shutdown_file", .none), .init("crio/internal_wipe", .none),
        .init("crio/internal_repair", .none),
        .init("crio/api/listen", .otherwise("the socket is /run/gantry/gantry.sock")),
        .init("crio/api/stream_address", .text("streaming_address")),
        .init("crio/api/stream_port", .number("streaming_port")),
        .init("crio/api/stream_tls_cert", .when(streamTLS, .text("streaming_certificate"))),
        .init("crio/api/stream_tls_key", .when(streamTLS, .text("streaming_key"))),
        .init("crio/api/stream_tls_ca", .when(streamTLS, .text("streaming_client_ca"))),
        .init(
            "crio/api/tls_min_version",
            .word("tls_min_version", ["VersionTLS12": "1.2", "VersionTLS13": "1.3"])),
        .init("crio/api/grpc_max_send_msg_size", .none),
        .init("crio/api/grpc_max_recv_msg_size", .none),
        .init("crio/api/stream_idle_timeout", .seconds("streaming_idle_timeout")),
        .init("crio/api/stream_enable_tls", .none),
        .init("crio/runtime/default_runtime", .text("default_runtime")),
        .init("crio/runtime/default_ulimits", .list("default_ulimits")),
        .init("crio/runtime/default_sysctls", .list("default_sysctls")),
        .init("crio/runtime/default_env", .list("default_env")),
        .init("crio/runtime/default_capabilities", .list("default_capabilities")),
        .init("crio/runtime/cgroup_manager", .text("cgroup_driver")),
        .init("crio/runtime/seccomp_profile", .text("seccomp_profile")),
        .init("crio/runtime/allowed_devices", .list("allowed_devices")),
        .init("crio/runtime/hooks_dir", .list("hooks_dirs")),
        .init("crio/runtime/cdi_spec_dirs", .list("cdi_spec_dirs")),
        .init(
            "crio/runtime/device_ownership_from_security_context",
            .flag("device_ownership_from_security_context")),
        .init("crio/runtime/apparmor_profile", .text("apparmor_profile")),
        .init("crio/runtime/blockio_config_file", .text("blockio_config_file")),
        .init("crio/runtime/log_level", .word("log_level", ContainerdRules.levels)),
        .init("crio/runtime/namespaces_dir", .none), .init("crio/runtime/pinns_path", .none),
        .init("crio/runtime/container_exits_dir", .none),
        .init("crio/runtime/container_attach_socket_dir", .none),
        .init("crio/runtime/enable_pod_events", .none),
        .init("crio/runtime/drop_infra_ctr", .otherwise("there is no infra container")),
        .init("crio/runtime/ctr_stop_timeout", .none),
        .init(
            "crio/runtime/conmon",
            .otherwise("each pod has a monitor of Gantry's, gantry-monitor")),
        .init("crio/runtime/conmon_cgroup", .text("monitor_cgroup")),
        .init("crio/runtime/conmon_env", .none),
        .init(
            "crio/runtime/selinux",
            .otherwise("labels are used wherever the kernel has SELinux")),
        .init("crio/image/pinned_images", .list("pinned_images")),
        .init("crio/image/signature_policy", .text("signature_policy")),
        .init("crio/image/signature_policy_dir", .text("signature_policy_dir")),
        .init("crio/image/global_auth_file", .text("auth_file")),
        .init("crio/image/image_volumes", .text("image_volumes")),
        .init("crio/image/pause_image", .otherwise(noPause)),
        .init("crio/image/pause_command", .otherwise(noPause)),
        .init("crio/image/pause_image_auth_file", .otherwise(noPause)),
        .init(
            "crio/image/insecure_registries", .otherwise("set insecure in registries.conf")),
        .init(
            "crio/image/registries",
            .otherwise("set unqualified-search-registries in registries.conf")),
        .init("crio/image/default_transport", .none),
        .init("crio/image/big_files_temporary_dir", .none),
        .init("crio/image/pull_progress_timeout", .otherwise("a pull that stalls ends")),
        .init("crio/image/short_name_mode", .otherwise("set short-name-mode in registries.conf")),
        .init("crio/image/auto_reload_registries", .otherwise("registries.conf is read anew")),
        .init("crio/image/oci_artifact_mount_support", .none),
        .init(
            "crio/network/cni_default_network",
            .otherwise("the first CNI configuration by name is used")),
        .init("crio/network/network_dir", .list("cni_config_dirs")),
        .init("crio/network/plugin_dirs", .list("cni_plugin_dirs")),
        .init("crio/network/plugin_dir", .list("cni_plugin_dirs")),
        .init(
            metrics,
            .each([
                .made("metrics_address", metricsAddress),
                .otherwise("Gantry's metrics have other names, see docs/observing.md"),
            ])),
        .init("crio/metrics/metrics_socket", .when(metrics, .text("metrics_socket"))),
        .init("crio/metrics/metrics_cert", .when(metrics, .text("metrics_certificate"))),
        .init("crio/metrics/metrics_key", .when(metrics, .text("metrics_key"))),
        .init("crio/metrics/*", .none),
        .init(
            tracing, .otherwise("traces go over HTTP: set trace_endpoint, as in http://HOST:4318")),
        .init("crio/tracing/tracing_endpoint", .none),
        .init(
            "crio/tracing/tracing_sampling_rate_per_million",
            .when(tracing, .number("trace_sampling"))),
        .init("crio/stats/included_pod_metrics", .list("pod_metrics")),
        .init("crio/stats/*", .otherwise("figures are read when asked for")),
        .init("crio/nri/enable_nri", .flag("nri")),
        .init("crio/nri/nri_listen", .text("nri_socket")),
        .init("crio/nri/nri_plugin_dir", .text("nri_plugin_dir")),
        .init("crio/nri/nri_plugin_config_dir", .text("nri_config_dir")),
        .init(
            "crio/nri/nri_plugin_registration_timeout", .seconds("nri_registration_timeout")),
        .init("crio/nri/nri_plugin_request_timeout", .seconds("nri_request_timeout")),
    ]
}
