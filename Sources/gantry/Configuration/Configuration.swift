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
            /// Zero or above.
            case count(WritableKeyPath<Settings, Int>)
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
            Key(
                name: "root", value: .text(\.root),
                summary: "Directory of persistent state: images, writable layers, the database."),
            Key(
                name: "run_root", value: .text(\.runRoot),
                summary: "Directory of the state that a reboot voids: namespaces, bundles, mounts."),
            Key(
                name: "socket", value: .text(\.socket),
                summary: "The CRI socket, to which the kubelet connects."),
            Key(
                name: "socket_group", value: .text(\.socketGroup),
                summary: "Group whose members may use the socket; empty: the daemon's own."),
            Key(
                name: "containerd_socket", value: .text(\.containerdSocket),
                summary: "A second socket, where cAdvisor finds containerd's API; empty: none."),
            Key(
                name: "cgroup_driver", value: .text(\.cgroupDriverName),
                summary: "systemd or cgroupfs; empty: systemd where it is the init."),
            Key(
                name: "monitor_cgroup", value: .text(\.monitorCgroup),
                summary: "Where monitors live: pod, or a cgroup such as system.slice or /monitors."),
            Key(
                name: "default_runtime", value: .text(\.defaultHandler), reloads: true,
                summary: "Handler of pods without a RuntimeClass; empty: the first."),
            Key(
                name: "runtime_limit", value: .number(\.runtimeLimit),
                summary: "Timeout for a command of an OCI runtime, in seconds."),
            Key(
                name: "cni_limit", value: .number(\.networkLimit),
                summary: "Timeout for a CNI plugin, in seconds."),
            Key(
                name: "host_path_limit", value: .number(\.hostPathLimit), reloads: true,
                summary: "Timeout for a file system to answer for a path of a request, in seconds."),
            Key(
                name: "cni_config_dirs", value: .texts(\.networkConfigDirectories),
                summary: "Directories of CNI configuration; the first file by name is used."),
            Key(
                name: "cni_plugin_dirs", value: .texts(\.networkPluginDirectories),
                summary: "Directories of CNI plugins, in search order."),
            Key(
                name: "registries_conf", value: .text(\.registriesFile), reloads: true,
                summary: "Registries and mirrors: containers-registries.conf(5)."),
            Key(
                name: "registries_conf_dir", value: .text(\.registriesDirectory), reloads: true,
                summary: "Drop-in directory of registries_conf."),
            Key(
                name: "cdi_spec_dirs", value: .texts(\.cdiDirectories), reloads: true,
                summary: "Directories of CDI specifications; a later directory takes precedence."),
            Key(
                name: "hooks_dirs", value: .texts(\.hookDirectories), reloads: true,
                summary: "Directories of OCI hooks, oci-hooks(5); a later one takes precedence."),
            Key(
                name: "seccomp_profile", value: .text(\.seccompProfile), reloads: true,
                summary: "Seccomp profile for RuntimeDefault, a file; empty: the built-in one."),
            Key(
                name: "apparmor_profile", value: .text(\.appArmorProfile), reloads: true,
                summary: "AppArmor profile for RuntimeDefault; empty: the built-in one."),
            Key(
                name: "default_capabilities", value: .texts(\.defaultCapabilities), reloads: true,
                summary: "Capabilities of containers that ask for none; empty: the usual ones."),
            Key(
                name: "default_env", value: .texts(\.defaultEnvironment), reloads: true,
                summary: "Environment of every container, as NAME=VALUE; an image overrides it."),
            Key(
                name: "device_ownership_from_security_context", value: .flag(\.ownsDevices),
                reloads: true,
                summary: "Give devices to the user and group that a container runs as."),
            Key(
                name: "allowed_devices", value: .texts(\.allowedDevices), reloads: true,
                summary: "Devices that the annotation io.kubernetes.cri-o.Devices may name."),
            Key(
                name: "shm_size", value: .number(\.sharedMemory), reloads: true,
                summary: "Size of a pod's /dev/shm, in bytes."),
            Key(
                name: "default_ulimits", value: .texts(\.defaultUlimits), reloads: true,
                summary: "Resource limits of every container, such as nofile=1024:4096."),
            Key(
                name: "default_sysctls", value: .texts(\.defaultSysctls), reloads: true,
                summary: "Sysctls of every pod with a network of its own, as NAME=VALUE."),
            Key(
                name: "image_volumes", value: .text(\.imageVolumesName), reloads: true,
                summary: "How to provide the VOLUMEs of images: bind, mkdir or ignore."),
            Key(
                name: "certs_dirs", value: .texts(\.hostDirectories), reloads: true,
                summary: "Directories with HOST/hosts.toml, or HOST/*.crt, *.cert and *.key."),
            Key(
                name: "auth_file", value: .text(\.authFile), reloads: true,
                summary: "Credentials for registries: containers-auth.json(5); may be absent."),
            Key(
                name: "layer_format", value: .text(\.layerFormatName),
                summary: "How to keep layers: tree (unpacked), erofs (as indexed tars) or auto."),
            Key(
                name: "writable_layer_limit", value: .count(\.writableLayerLimit),
                summary: "Maximum size of a new container's writable layer, in bytes; 0: any size."),
            Key(
                name: "largest_layer", value: .number(\.largestLayer),
                summary: "Maximum size of an uncompressed layer, in bytes."),
            Key(
                name: "most_layer_entries", value: .number(\.mostLayerEntries),
                summary: "Maximum number of files and directories in a layer."),
            Key(
                name: "largest_layer_ratio", value: .number(\.largestLayerRatio),
                summary: "Maximum ratio of a layer's uncompressed to its compressed size."),
            Key(
                name: "layer_ratio_floor", value: .number(\.layerRatioFloor),
                summary: "Uncompressed bytes up to which largest_layer_ratio is not applied."),
            Key(
                name: "long_layer", value: .number(\.longLayer),
                summary: "Compressed bytes from which a layer is fetched in ranges on a slow line."),
            Key(
                name: "pinned_images", value: .texts(\.pinnedImages), reloads: true,
                summary: "Globs of names of images that garbage collection spares."),
            Key(
                name: "image_dirs", value: .texts(\.imageDirectories),
                summary: "Directories of archives whose images are imported and pinned at start."),
            Key(
                name: "image_memory", value: .number(\.imageMemory),
                summary: "Maximum memory of a process that handles images, in bytes."),
            Key(
                name: "image_processors", value: .count(\.imageProcessors),
                summary: "Processors that it may use; 0: all."),
            Key(
                name: "image_idle", value: .number(\.imageIdle),
                summary: "Seconds that it is kept for without work."),
            Key(
                name: "signature_policy", value: .text(\.signaturePolicy), reloads: true,
                summary: "Which images may be pulled: containers-policy.json(5)."),
            Key(
                name: "registries_d_dir", value: .text(\.signatureLookasides), reloads: true,
                summary: "Where GPG signatures are: containers-registries.d(5)."),
            Key(
                name: "signature_policy_dir", value: .text(\.signaturePolicyDirectory),
                reloads: true,
                summary: "Directory of NAMESPACE.json, signature policies of single namespaces."),
            Key(
                name: "program_dir", value: .text(\.programDirectory),
                summary: "Directory of gantry-monitor, gantry-images and the other programs."),
            Key(
                name: "pod_metrics", value: .texts(\.podMetricNames), reloads: true,
                summary: "Families of metrics in ListPodSandboxMetrics."),
            Key(
                name: "log_rate_limit", value: .count(\.logRateLimit), reloads: true,
                summary: "Lines per second that a container of a new pod may log; 0: any number."),
            Key(
                name: "log_level", value: .text(\.logLevel), reloads: true,
                summary: "trace, debug, info, notice, warning, error or critical."),
            Key(
                name: "log_format", value: .text(\.logFormat),
                summary: "Format of the log: text or json."),
            Key(
                name: "metrics_address", value: .text(\.metricsAddress),
                summary: "HOST:PORT to serve Prometheus metrics at, under /metrics; empty: none."),
            Key(
                name: "metrics_certificate", value: .text(\.metricsCertificate), reloads: true,
                summary: "TLS certificate of metrics_address, a PEM file; empty: no TLS."),
            Key(
                name: "metrics_key", value: .text(\.metricsKey), reloads: true,
                summary: "Key of metrics_certificate, a PEM file."),
            Key(
                name: "metrics_client_ca", value: .text(\.metricsClientCA),
                summary: "CA of the clients that may read metrics, a PEM file; empty: any may."),
            Key(
                name: "metrics_socket", value: .text(\.metricsSocket),
                summary: "Unix socket to serve metrics at, for socket_group; empty: none."),
            Key(
                name: "trace_endpoint", value: .text(\.traceEndpoint),
                summary: "Collector of traces, OTLP over HTTP: http://HOST:4318; empty: none."),
            Key(
                name: "trace_ca", value: .text(\.traceCA),
                summary: "CA of a trace_endpoint with https, a PEM file; empty: the system's."),
            Key(
                name: "trace_sampling", value: .count(\.traceSampling),
                summary: "Traces that are sent, of a million; the kubelet decides of its own."),
            Key(
                name: "streaming_address", value: .text(\.streamingAddress),
                summary: "Address to serve exec, attach and port-forward at."),
            Key(
                name: "streaming_port", value: .count(\.streamingPort),
                summary: "Port of streaming_address; 0: any free port."),
            Key(
                name: "streaming_certificate", value: .text(\.streamingCertificate), reloads: true,
                summary: "TLS certificate of the streaming server, a PEM file; empty: no TLS."),
            Key(
                name: "streaming_key", value: .text(\.streamingKey), reloads: true,
                summary: "Key of streaming_certificate, a PEM file."),
            Key(
                name: "streaming_client_ca", value: .text(\.streamingClientCA),
                summary: "CA of client certificates, a PEM file; empty: clients need none."),
            Key(
                name: "tls_min_version", value: .text(\.tlsMinimum),
                summary: "Oldest version of TLS that is accepted: 1.2 or 1.3."),
            Key(
                name: "streaming_idle_timeout", value: .number(\.streamingIdleTimeout),
                summary: "Time without data after which a stream is closed, in seconds."),
            Key(
                name: "streaming_connections", value: .number(\.streamingConnections),
                summary: "Maximum number of streaming connections."),
            Key(
                name: "blockio_config_file", value: .text(\.blockIOConfigFile),
                summary: "File of block I/O classes, as containerd and CRI-O read it."),
            Key(
                name: "nri", value: .flag(\.nri),
                summary: "Let plugins of the Node Resource Interface adjust pods."),
            Key(
                name: "nri_socket", value: .text(\.nriSocket),
                summary: "Socket to which NRI plugins connect."),
            Key(
                name: "nri_plugin_dir", value: .text(\.nriPluginDirectory),
                summary: "Directory of NRI plugins that the daemon starts, named NN-NAME."),
            Key(
                name: "nri_config_dir", value: .text(\.nriConfigDirectory),
                summary: "Directory of their configuration, NN-NAME.conf or NAME.conf."),
            Key(
                name: "nri_registration_timeout", value: .number(\.nriRegistrationTimeout),
                summary: "Timeout for the registration of an NRI plugin, in seconds."),
            Key(
                name: "nri_request_timeout", value: .number(\.nriRequestTimeout),
                summary: "Timeout for an answer of an NRI plugin, in seconds."),
            Key(
                name: "nri_reject", value: .texts(\.nriRejects),
                summary: "What NRI plugins may not change: hooks, namespaces, sysctls, seccomp-…"),
            Key(
                name: "nri_required_plugins", value: .texts(\.nriRequiredPlugins),
                summary: "NRI plugins without which no container is created."),
            Key(
                name: "nri_toleration_annotation", value: .text(\.nriTolerationAnnotation),
                summary: "Annotation of pods that may do without nri_required_plugins."),
        ]
    }

    /// Reads the file and then each `*.toml` of the directory by name; the later one wins. Both may be
    /// absent.
    /// - Throws: `GantryError` (`invalidArgument`) that names file and key.
    static func load(file: String, directory: String) throws -> Configuration {
        let dropIns = Files.exists(directory) ? try Files.list(directory) : []
        let files = [file] + dropIns.filter { $0.ends(with: ".toml") }.map { "\(directory)/\($0)" }
        return try read(files.filter { Files.exists($0) })
    }

    /// Reads files, the later ones over the earlier.
    static func read(_ files: [String]) throws -> Configuration {
        var configuration = Configuration()
        configuration.settings.programDirectory = Programs.directory
        for file in files {
            try configuration.merge(
                try TOMLSection(try TOMLSection.text(try Files.read(file), file), file))
        }
        return configuration
    }

    /// Reads a text that is in no file yet.
    static func read(_ text: String, as name: String) throws -> Configuration {
        var configuration = Configuration()
        try configuration.merge(try TOMLSection(text, name))
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
            case .count(let path):
                if let number = try section.count(key.name) { settings[keyPath: path] = number }
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
        if let unknown = section.unknown(besides: Set(HandlerKey.all.map(\.name))).first {
            throw GantryError(.invalidArgument, unknown)
        }
        var handler = Handler(name: name, path: "", root: "\(settings.runRoot)/runtimes/\(name)")
        for key in HandlerKey.all { try key.read(section, into: &handler) }
        try handler.validate(section)
        return handler
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
