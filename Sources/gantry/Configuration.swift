internal import Glibc
internal import Kernel
internal import Model
internal import OCI
internal import Service
internal import TOML
internal import Text

/// The configuration of a daemon, read from TOML files by one table of keys.
struct Configuration {
    var settings = Settings()

    /// A key of the file: where its value goes, and what it is for.
    struct Key {
        enum Value {
            case text(WritableKeyPath<Settings, String>)
            case texts(WritableKeyPath<Settings, [String]>)
            /// Above zero.
            case number(WritableKeyPath<Settings, Int>)
            case flag(WritableKeyPath<Settings, Bool>)
        }

        let name: String
        let value: Value
        /// Whether a change counts after SIGHUP; otherwise it needs a restart.
        var reloads = false
        let summary: String
    }

    static var keys: [Key] {
        [
            Key(name: "root", value: .text(\.root), summary: "What must survive a reboot."),
            Key(name: "run_root", value: .text(\.runRoot), summary: "What a reboot voids."),
            Key(name: "socket", value: .text(\.socket), summary: "The socket of the CRI."),
            Key(
                name: "containerd_socket", value: .text(\.containerdSocket),
                summary: "Where else a kubelet finds pods' figures; empty: nowhere."),
            Key(
                name: "cgroup_driver", value: .text(\.cgroupDriverName),
                summary: "systemd or cgroupfs; empty: systemd where it runs the node."),
            Key(
                name: "default_runtime", value: .text(\.defaultHandler), reloads: true,
                summary: "The handler of pods that name none; empty: the first."),
            Key(
                name: "runtime_limit", value: .number(\.runtimeLimit),
                summary: "Seconds after which a command of an OCI runtime is killed."),
            Key(
                name: "cni_limit", value: .number(\.networkLimit),
                summary: "Seconds after which a CNI plugin is killed."),
            Key(
                name: "cni_config_dirs", value: .texts(\.networkConfigDirectories),
                summary: "Where CNI configuration is; the first file by name counts."),
            Key(
                name: "cni_plugin_dirs", value: .texts(\.networkPluginDirectories),
                summary: "Where CNI plugins are, in the order of the search."),
            Key(
                name: "registries_conf", value: .text(\.registriesFile), reloads: true,
                summary: "containers-registries.conf(5)."),
            Key(
                name: "registries_conf_dir", value: .text(\.registriesDirectory), reloads: true,
                summary: "Its drop-in directory."),
            Key(
                name: "cdi_spec_dirs", value: .texts(\.cdiDirectories), reloads: true,
                summary: "Where CDI files are; the later directory wins."),
            Key(
                name: "hooks_dirs", value: .texts(\.hookDirectories), reloads: true,
                summary: "Where OCI hooks are (oci-hooks(5)); the later directory wins."),
            Key(
                name: "default_ulimits", value: .texts(\.defaultUlimits), reloads: true,
                summary: "Limits of every container's processes, as nofile=1024:4096."),
            Key(
                name: "default_sysctls", value: .texts(\.defaultSysctls), reloads: true,
                summary: "Sysctls of every pod with a network of its own, as NAME=VALUE."),
            Key(
                name: "image_volumes", value: .text(\.imageVolumesName), reloads: true,
                summary: "What becomes of the VOLUMEs of images: bind, mkdir or ignore."),
            Key(
                name: "certs_dirs", value: .texts(\.hostDirectories), reloads: true,
                summary: "Directories with HOST/hosts.toml or HOST/*.crt, *.cert and *.key."),
            Key(
                name: "auth_file", value: .text(\.authFile), reloads: true,
                summary: "Credentials for registries: containers-auth.json(5); it may be absent."),
            Key(
                name: "largest_layer", value: .number(\.largestLayer),
                summary: "Bytes that a layer may have after inflating."),
            Key(
                name: "most_layer_entries", value: .number(\.mostLayerEntries),
                summary: "Files and directories that a layer may have."),
            Key(
                name: "largest_layer_ratio", value: .number(\.largestLayerRatio),
                summary: "Times its compressed size that a layer may unpack to."),
            Key(
                name: "layer_ratio_floor", value: .number(\.layerRatioFloor),
                summary: "Bytes of a layer for which largest_layer_ratio does not count."),
            Key(
                name: "long_layer", value: .number(\.longLayer),
                summary: "Compressed bytes from which a layer is fetched in ranges on a slow line."),
            Key(
                name: "signature_policy", value: .text(\.signaturePolicy), reloads: true,
                summary: "Which images may be pulled: containers-policy.json(5)."),
            Key(
                name: "registries_d_dir", value: .text(\.signatureLookasides), reloads: true,
                summary: "Where GPG signatures are: containers-registries.d(5)."),
            Key(
                name: "signature_policy_dir", value: .text(\.signaturePolicyDirectory),
                reloads: true,
                summary: "NAMESPACE.json in its stead for the pods of a namespace."),
            Key(
                name: "program_dir", value: .text(\.programDirectory),
                summary: "Where gantry-monitor, gantry-exec and gantry-pause are."),
            Key(
                name: "pod_metrics", value: .texts(\.podMetricNames), reloads: true,
                summary: "Families of figures in ListPodSandboxMetrics."),
            Key(
                name: "log_level", value: .text(\.logLevel), reloads: true,
                summary: "trace, debug, info, notice, warning, error or critical."),
            Key(
                name: "log_format", value: .text(\.logFormat),
                summary: "How a line of the log looks: text or json."),
            Key(
                name: "metrics_address", value: .text(\.metricsAddress),
                summary: "HOST:PORT for Prometheus, at /metrics; empty: nowhere."),
            Key(
                name: "streaming_address", value: .text(\.streamingAddress),
                summary: "Where exec, attach and port-forward are served."),
            Key(
                name: "streaming_port", value: .number(\.streamingPort),
                summary: "The port there; absent: any that is free."),
            Key(
                name: "streaming_certificate", value: .text(\.streamingCertificate), reloads: true,
                summary: "PEM file of the certificate there; empty: no TLS."),
            Key(
                name: "streaming_key", value: .text(\.streamingKey), reloads: true,
                summary: "PEM file of its key."),
            Key(
                name: "streaming_client_ca", value: .text(\.streamingClientCA),
                summary: "PEM file of who vouches for clients there; empty: none need be."),
            Key(
                name: "streaming_idle_timeout", value: .number(\.streamingIdleTimeout),
                summary: "Seconds of silence after which a stream is closed."),
            Key(
                name: "streaming_connections", value: .number(\.streamingConnections),
                summary: "Clients of exec, attach and port-forward that may be connected at once."),
            Key(
                name: "nri", value: .flag(\.nri),
                summary: "Whether plugins of the Node Resource Interface may tune pods."),
            Key(name: "nri_socket", value: .text(\.nriSocket), summary: "Where they connect."),
            Key(
                name: "nri_plugin_dir", value: .text(\.nriPluginDirectory),
                summary: "Where plugins are that are started with the daemon, named NN-NAME."),
            Key(
                name: "nri_config_dir", value: .text(\.nriConfigDirectory),
                summary: "Where their configuration is, as NN-NAME.conf or NAME.conf."),
            Key(
                name: "nri_registration_timeout", value: .number(\.nriRegistrationTimeout),
                summary: "Seconds in which a plugin must have registered."),
            Key(
                name: "nri_request_timeout", value: .number(\.nriRequestTimeout),
                summary: "Seconds in which a plugin must answer."),
            Key(
                name: "nri_reject", value: .texts(\.nriRejects),
                summary: "What they may not change: hooks, namespaces, sysctls, seccomp-…"),
            Key(
                name: "nri_required_plugins", value: .texts(\.nriRequiredPlugins),
                summary: "Plugins without which no container is created."),
            Key(
                name: "nri_toleration_annotation", value: .text(\.nriTolerationAnnotation),
                summary: "The annotation by which a pod does without required plugins."),
        ]
    }

    /// Reads the file and then each `*.toml` of the directory by name; the later one wins. Both may be
    /// absent.
    /// - Throws: `GantryError` (`invalidArgument`) that names file and key.
    static func load(file: String, directory: String) throws -> Configuration {
        var configuration = Configuration()
        configuration.settings.programDirectory = Programs.directory
        let dropIns = Files.exists(directory) ? try Files.list(directory) : []
        let files = [file] + dropIns.filter { $0.ends(with: ".toml") }.map { "\(directory)/\($0)" }
        for file in files where Files.exists(file) {
            try configuration.merge(
                try TOMLSection(try TOMLSection.text(try Files.read(file), file), file))
        }
        return configuration
    }

    private mutating func merge(_ section: TOMLSection) throws {
        for key in Self.keys {
            switch key.value {
            case .text(let path):
                if let text = try section.string(key.name) { settings[keyPath: path] = text }
            case .texts(let path):
                if let texts = try section.strings(key.name) { settings[keyPath: path] = texts }
            case .number(let path):
                if let number = try section.positive(key.name) { settings[keyPath: path] = number }
            case .flag(let path):
                if let flag = try section.bool(key.name) { settings[keyPath: path] = flag }
            }
        }
        try mergeRuntimes(section)
        if let unknown = section.unknown(besides: Set(Self.keys.map(\.name) + ["runtimes"])).first {
            throw GantryError(.invalidArgument, unknown)
        }
        try settings.validate(section)
    }

    /// `[runtimes.NAME]`, one for each handler.
    private mutating func mergeRuntimes(_ section: TOMLSection) throws {
        guard let runtimes = try section.section("runtimes") else { return }
        for name in runtimes.keys {
            guard let one = try runtimes.section(name) else { continue }
            settings.handlers.removeAll { $0.name == name }
            settings.handlers.append(try handler(name, one))
        }
    }

    private func handler(_ name: String, _ section: TOMLSection) throws -> Handler {
        let known: Set = ["path", "root", "infra", "arguments", "allowed_annotations"]
        if let unknown = section.unknown(besides: known).first {
            throw GantryError(.invalidArgument, unknown)
        }
        guard let path = try section.string("path") else {
            throw section.error("path", "is missing")
        }
        return Handler(
            name: name, path: path,
            root: try section.string("root") ?? "\(settings.runRoot)/runtimes/\(name)",
            infra: try section.bool("infra") ?? false,
            extraArguments: try section.strings("arguments") ?? [],
            allowedAnnotations: try section.strings("allowed_annotations") ?? [])
    }
}

/// Where the programs are that the daemon starts.
enum Programs {
    /// Beside this program as it was installed (`bin` and `libexec/gantry`) or built (all in one).
    static var directory: String {
        let installed = "/usr/libexec/gantry"
        guard let path = realpath("/proc/self/exe", nil) else { return installed }
        defer { free(path) }
        let here = Path.parent(of: String(cString: path))
        let candidates = ["\(Path.parent(of: here))/libexec/gantry", here]
        return candidates.first { Files.exists("\($0)/gantry-monitor") } ?? installed
    }
}
