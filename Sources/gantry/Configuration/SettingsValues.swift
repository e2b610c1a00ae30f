internal import Image
internal import Logging
internal import Model
internal import OCI
internal import Service
internal import System
internal import TOML
internal import Text

extension Settings {
    /// The cgroup driver as text; empty leaves the choice to what is found.
    var cgroupDriverName: String {
        get { cgroupDriver?.rawValue ?? "" }
        set { cgroupDriver = CgroupDriver(rawValue: newValue) }
    }

    /// What becomes of images' volumes, as text.
    var imageVolumesName: String {
        get { imageVolumes.rawValue }
        set { imageVolumes = ImageVolumesMode(rawValue: newValue) ?? imageVolumes }
    }

    /// How layers are kept, as text.
    var layerFormatName: String {
        get { layerFormat?.rawValue ?? "auto" }
        set {
            layerFormat = newValue == "auto" ? nil : LayerFormat(rawValue: newValue) ?? layerFormat
        }
    }

    /// The families of figures by name.
    var podMetricNames: [String] {
        get { podMetrics.map(\.rawValue) }
        set { podMetrics = newValue.compactMap { MetricFamily(rawValue: $0) } }
    }

    /// Moves the socket along, where it stood below the old directory.
    mutating func moveRunRoot(to directory: String) {
        if socket == "\(runRoot)/gantry.sock" { socket = "\(directory)/gantry.sock" }
        runRoot = directory
    }

    /// Containers get what the daemon was started with, unless the configuration says otherwise; what it
    /// has raised its own limit to is not theirs: programs that close or poll all there may be are slow.
    mutating func takeOpenFiles(_ limits: OpenFiles) {
        guard !defaultUlimits.contains(where: { $0.lowercasedASCII.begins(with: "nofile=") }) else {
            return
        }
        let number = { (limit: UInt64) in limit == .max ? "-1" : String(limit) }
        defaultUlimits.append("nofile=\(number(limits.soft)):\(number(limits.hard))")
    }

    /// With less, the threads and libraries of the process that handles images find no memory before it
    /// has done anything, and with little more most layers fail.
    private static let leastImageMemory = 128 << 20

    /// What the types of values cannot say.
    /// - Throws: `GantryError` (`invalidArgument`) that names file and key.
    func validate(_ section: TOMLSection) throws {
        if let driver = try section.string("cgroup_driver"), cgroupDriverName != driver {
            throw section.error("cgroup_driver", "want systemd, cgroupfs or nothing")
        }
        guard (0...65535).contains(streamingPort) else {
            throw section.error("streaming_port", "\(streamingPort) is no port")
        }
        if let mode = try section.string("image_volumes"), imageVolumesName != mode {
            throw section.error("image_volumes", "want bind, mkdir or ignore")
        }
        guard imageMemory >= Self.leastImageMemory else {
            throw section.error(
                "image_memory",
                "\(imageMemory) bytes are too few to handle images; want at least "
                    + "\(Self.leastImageMemory) (128 MiB)")
        }
        if let format = try section.string("layer_format"), layerFormatName != format {
            throw section.error("layer_format", "want auto, erofs or tree")
        }
        do { _ = try DefaultSysctls(defaultSysctls) } catch {
            throw section.error("default_sysctls", String(describing: error))
        }
        for limit in defaultUlimits {
            do { _ = try Spec.Rlimit(ulimit: limit) } catch {
                throw section.error("default_ulimits", String(describing: error))
            }
        }
        try validateDefaults(section)
        guard ["1.2", "1.3"].contains(tlsMinimum) else {
            throw section.error("tls_min_version", "want 1.2 or 1.3")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw section.error("log_level", "\"\(logLevel)\" is no level")
        }
        guard LogOutput.Format(rawValue: logFormat) != nil else {
            throw section.error("log_format", "\"\(logFormat)\" is neither text nor json")
        }
        guard metricsAddress.isEmpty || MetricsEndpoint.split(metricsAddress) != nil else {
            throw section.error("metrics_address", "\"\(metricsAddress)\" is no HOST:PORT")
        }
        guard metricsSocket.isEmpty || metricsSocket.begins(with: "/") else {
            throw section.error("metrics_socket", "\"\(metricsSocket)\" is not an absolute path")
        }
        guard
            ["", "pod"].contains(monitorCgroup) || monitorCgroup.begins(with: "/")
                || monitorCgroup.ends(with: ".slice"), monitorCgroup != "/",
            !monitorCgroup.split(at: "/").contains("..")
        else {
            throw section.error("monitor_cgroup", "want pod, a slice or an absolute path")
        }
        guard traceEndpoint.isEmpty || TraceEndpoint(traceEndpoint) != nil else {
            throw section.error(
                "trace_endpoint", "\"\(traceEndpoint)\" is no http:// or https://HOST[:PORT][/PATH]"
            )
        }
        guard traceSampling <= 1_000_000 else {
            throw section.error("trace_sampling", "want at most 1000000")
        }
        let families = try section.strings("pod_metrics") ?? []
        if let unknown = families.first(where: { MetricFamily(rawValue: $0) == nil }) {
            let known = MetricFamily.allCases.map(\.rawValue).joined(separator: ", ")
            throw section.error("pod_metrics", "\"\(unknown)\" is none of \(known)")
        }
        let rules = NRIRule.allCases.map(\.rawValue)
        if let unknown = nriRejects.first(where: { !rules.contains($0) }) {
            throw section.error(
                "nri_reject", "\"\(unknown)\" is none of \(rules.joined(separator: ", "))")
        }
        for (key, paths) in [
            ("image_dirs", imageDirectories), ("certs_dirs", hostDirectories),
            ("cni_config_dirs", networkConfigDirectories),
            ("trace_ca", traceCA.isEmpty ? [] : [traceCA]),
        ] {
            if let path = paths.first(where: { !$0.begins(with: "/") }) {
                throw section.error(key, "\"\(path)\" is not an absolute path")
            }
        }
        for (key, path) in [
            ("nri_socket", nriSocket), ("root", root), ("run_root", runRoot), ("socket", socket),
        ]
        where !path.begins(with: "/") {
            throw section.error(key, "\"\(path)\" is not an absolute path")
        }
    }

    /// What containers get that ask for nothing.
    private func validateDefaults(_ section: TOMLSection) throws {
        do { _ = try ContainerDefaults.capabilities(defaultCapabilities) } catch {
            throw section.error("default_capabilities", String(describing: error))
        }
        if let bad = defaultEnvironment.first(where: { !ContainerDefaults.isVariable($0) }) {
            throw section.error("default_env", "\"\(bad)\" is not NAME=VALUE")
        }
        guard seccompProfile.isEmpty || seccompProfile.begins(with: "/") else {
            throw section.error("seccomp_profile", "\"\(seccompProfile)\" is not an absolute path")
        }
    }
}
