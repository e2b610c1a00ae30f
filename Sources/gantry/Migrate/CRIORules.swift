internal import Text

/// crio.conf(5).
enum CRIORules {
    static let handlers = [["crio", "runtime", "runtimes"]]

    static let all: [MigrationRule] = [
        .init("crio/root", .otherwise("images and pods are below /var/lib/gantry")),
        .init("crio/runroot", .otherwise("what a reboot voids is below /run/gantry")),
        .init("crio/storage_driver", .otherwise("layers are trees on overlay")),
        .init("crio/api/listen", .otherwise("the socket is /run/gantry/gantry.sock")),
        .init("crio/api/stream_address", .text("streaming_address")),
        .init("crio/api/stream_port", .number("streaming_port")),
        .init("crio/api/stream_tls_cert", .text("streaming_certificate")),
        .init("crio/api/stream_tls_key", .text("streaming_key")),
        .init("crio/api/stream_tls_ca", .text("streaming_client_ca")),
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
        .init(
            "crio/runtime/apparmor_profile",
            .otherwise("Gantry loads gantry-default; name yours in apparmor_profile")),
        .init(
            "crio/runtime/conmon",
            .otherwise("each pod has a monitor of Gantry's, gantry-monitor")),
        .init("crio/runtime/conmon_cgroup", .none), .init("crio/runtime/conmon_env", .none),
        .init(
            "crio/runtime/selinux",
            .otherwise("labels are used wherever the kernel has SELinux")),
        .init("crio/image/pinned_images", .list("pinned_images")),
        .init("crio/image/signature_policy", .text("signature_policy")),
        .init("crio/image/signature_policy_dir", .text("signature_policy_dir")),
        .init("crio/image/global_auth_file", .text("auth_file")),
        .init("crio/image/image_volumes", .text("image_volumes")),
        .init("crio/image/pause_image", .otherwise("no pause image is pulled")),
        .init("crio/image/pause_command", .otherwise("no pause image is pulled")),
        .init("crio/image/pause_image_auth_file", .otherwise("no pause image is pulled")),
        .init(
            "crio/image/insecure_registries", .otherwise("set insecure in registries.conf")),
        .init(
            "crio/image/registries",
            .otherwise("set unqualified-search-registries in registries.conf")),
        .init("crio/network/network_dir", .list("cni_config_dirs")),
        .init("crio/network/plugin_dirs", .list("cni_plugin_dirs")),
        .init("crio/network/plugin_dir", .list("cni_plugin_dirs")),
        .init(
            "crio/metrics/enable_metrics", .otherwise("set metrics_address; CRI-O's names differ")),
        .init("crio/metrics/*", .none),
        .init("crio/nri/enable_nri", .flag("nri")),
        .init("crio/nri/nri_listen", .text("nri_socket")),
        .init("crio/nri/nri_plugin_dir", .text("nri_plugin_dir")),
        .init("crio/nri/nri_plugin_config_dir", .text("nri_config_dir")),
        .init(
            "crio/nri/nri_plugin_registration_timeout", .seconds("nri_registration_timeout")),
        .init("crio/nri/nri_plugin_request_timeout", .seconds("nri_request_timeout")),
    ]
}
