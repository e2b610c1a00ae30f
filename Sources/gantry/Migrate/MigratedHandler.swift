internal import OCI
internal import TOML
internal import Text

/// A table `[runtimes.NAME]`, of a handler that the other runtime has.
struct MigratedHandler {
    typealias Line = MigrationResult.Line

    let name: String
    private(set) var lines: [Line] = []
    /// Keys of the node, which the other runtime has for each handler.
    private(set) var nodeLines: [Line] = []
    private(set) var missing: [String] = []

    private let keys: [Key]

    /// Below the handler's table, such as `options/BinaryName`.
    struct Key {
        let path: [String]
        let found: Migration.Found
    }

    /// Gathers the keys of all handlers.
    struct Keys {
        private let prefixes: [[String]]
        private(set) var all: [(name: String, keys: [Key])] = []

        init(_ source: MigrationSource) {
            prefixes = source.handlers
        }

        /// - Returns: whether it is one.
        mutating func take(_ found: Migration.Found) -> Bool {
            let path = found.leaf.path
            guard
                let prefix = prefixes.first(where: {
                    path.count > $0.count + 1 && path.starts(with: $0)
                })
            else { return false }
            let name = path[prefix.count]
            let key = Key(path: Array(path[(prefix.count + 1)...]), found: found)
            if let index = all.firstIndex(where: { $0.name == name }) {
                all[index].keys.append(key)
            } else {
                all.append((name, [key]))
            }
            return true
        }
    }

    init(_ name: String, _ keys: [Key], _ migration: Migration) {
        self.name = name
        self.keys = keys
        if let program = MigratedProgram(name, keys, migration) {
            if program.isShim { add("type", TOMLText.quoted("shim"), program.source) }
            add("path", TOMLText.quoted(program.path), program.source)
            if let note = program.note { missing.append(note) }
        } else {
            missing.append("\(TOMLText.plain(name)): no program was found for this handler")
        }
        let isShim = lines.first?.key == "type"
        for key in keys { read(key, isShim: isShim) }
        addAnnotations()
    }

    var hasPath: Bool { lines.contains { $0.key == "path" } }

    private mutating func read(_ key: Key, isShim: Bool) {
        let (leaf, source) = (key.found.leaf, key.found.text)
        guard let known = key.path.last else { return }
        if known == "SystemdCgroup", let flag = leaf.bool {
            let driver = TOMLText.quoted(flag ? "systemd" : "cgroupfs")
            nodeLines.append(Line(key: "cgroup_driver", value: driver, source: source))
            return
        }
        if leaf.isEmpty || Self.settled.contains(key.path[0]) || Self.settled.contains(known) {
            return
        }
        switch known {
        case "ConfigPath" where isShim, "runtime_config_path" where isShim:
            addText("config_path", key)
        case "TypeUrl" where isShim: addText("config_type", key)
        case "BinaryName" where isShim: addText("binary", key)
        case "BinaryName" where key.path.count == 2: return
        case "base_runtime_spec": addText("base_spec", key)
        case "cni_conf_dir": addText("cni_config_dir", key)
        case "seccomp_profile": addText("seccomp_profile", key)
        case "privileged_without_host_devices", "cgroup_writable":
            if let flag = leaf.bool { add(known, "\(flag)", source) }
        case "container_create_timeout":
            if let seconds = leaf.integer { add("create_limit", "\(seconds)", source) }
        case "monitor_cgroup", "ShimCgroup":
            guard let place = leaf.string else { return }
            let value = TOMLText.quoted(place)
            nodeLines.append(Line(key: "monitor_cgroup", value: value, source: source))
        // containerd 1.7 has the other name.
        case "sandboxer" where leaf.string == "podsandbox",
            "sandbox_mode" where leaf.string == "podsandbox":
            return
        case "sandboxer" where isShim, "sandbox_mode" where isShim: addText("sandboxer", key)
        default: missing.append(source)
        }
    }

    /// Read elsewhere, or of no concern.
    private static let settled: Set<String> = [
        "runtime_type", "runtime_path", "runtime_root", "Root", "inherit_default_runtime",
        "monitor_path", "monitor_env", "allowed_annotations", "pod_annotations",
        "container_annotations", "default_annotations", "cni_max_conf_num", "no_sync_log",
        "stream_websockets", "runtime_engine",
    ]

    private mutating func addText(_ name: String, _ key: Key) {
        guard let text = key.found.leaf.string else { return missing.append(key.found.text) }
        add(name, TOMLText.quoted(text), key.found.text)
    }

    private mutating func addAnnotations() {
        let lists = keys.filter {
            ["allowed_annotations", "pod_annotations", "container_annotations"].contains($0.path[0])
        }
        var names: [String] = []
        for name in lists.flatMap({ $0.found.leaf.strings ?? [] }) where !names.contains(name) {
            names.append(name)
        }
        if let first = lists.first, !names.isEmpty {
            add("allowed_annotations", TOMLText.list(names), first.found.text)
        }
        let defaults = keys.filter { $0.path.count == 2 && $0.path[0] == "default_annotations" }
        let pairs = defaults.compactMap { key in
            key.found.leaf.string.map { "\(key.path[1])=\($0)" }
        }
        if let first = defaults.first, !pairs.isEmpty {
            add("default_annotations", TOMLText.list(pairs), first.found.text)
        }
    }

    private mutating func add(_ key: String, _ value: String, _ source: String) {
        let line = Line(key: key, value: value, source: source)
        let table = (lines + [line]).map { "\($0.key) = \($0.value)\n" }.joined()
        // Nothing can be judged before there is a path.
        if hasPath, let refusal = MigrationResult.refusal(of: "[runtimes.x]\n\(table)") {
            return missing.append("\(source): \(refusal)")
        }
        lines.append(line)
    }
}
