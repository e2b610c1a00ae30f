internal import Model
internal import OCI
internal import TOML
internal import Text

/// A key of `[runtimes.NAME]`: where its value goes, and what it is for.
struct HandlerKey {
    enum Value {
        case text(WritableKeyPath<Handler, String>)
        case texts(WritableKeyPath<Handler, [String]>)
        case flag(WritableKeyPath<Handler, Bool>)
        /// Zero or above.
        case count(WritableKeyPath<Handler, Int>)
        /// Found out by trying, unless the key is there.
        case ability(Ability)
    }

    let name: String
    let value: Value
    let summary: String

    static var all: [HandlerKey] {
        [
            HandlerKey(
                name: "path", value: .text(\.path),
                summary: "Path of the runtime's program; required."),
            HandlerKey(
                name: "type", value: .text(\.type),
                summary: "Kind of the program's interface: oci or shim."),
            HandlerKey(
                name: "config_path", value: .text(\.shim.configPath),
                summary: "Configuration file of a shim; empty: its default."),
            HandlerKey(
                name: "config_type", value: .text(\.shim.configType),
                summary: "Type of that file, for a shim that asks for it, as gVisor's does."),
            HandlerKey(
                name: "config_body", value: .text(\.shim.configBody),
                summary: "Configuration of a shim in the place of a file, as runwasi's take it."),
            HandlerKey(
                name: "binary", value: .text(\.shim.binary),
                summary: "Runtime that the shim of runc runs; empty: its default."),
            HandlerKey(
                name: "sandboxer", value: .text(\.shim.sandboxer),
                summary: "Who makes a pod's sandbox: podsandbox, or shim by its sandbox API."),
            HandlerKey(
                name: "root", value: .text(\.root),
                summary: "Directory of the runtime's own state, its --root."),
            HandlerKey(
                name: "arguments", value: .texts(\.extraArguments),
                summary: "Global arguments of the runtime, such as --platform=ptrace."),
            HandlerKey(
                name: "allowed_annotations", value: .texts(\.allowedAnnotations),
                summary: "Annotations that are passed to the runtime; a final * matches any rest."),
            HandlerKey(
                name: "default_annotations", value: .texts(\.defaults.annotations),
                summary: "Annotations of each container unless its pod has others, as KEY=VALUE."),
            HandlerKey(
                name: "base_spec", value: .text(\.defaults.baseSpec),
                summary: "JSON file that completes the OCI spec of each container; empty: none."),
            HandlerKey(
                name: "cni_config_dir", value: .text(\.defaults.networkDirectory),
                summary: "Directory of CNI configuration; empty: cni_config_dirs."),
            HandlerKey(
                name: "seccomp_profile", value: .text(\.defaults.seccompProfile),
                summary: "Seccomp profile for RuntimeDefault, a file; empty: the node's."),
            HandlerKey(
                name: "privileged_without_host_devices",
                value: .flag(\.defaults.privilegedWithoutHostDevices),
                summary: "Give privileged containers only the devices that they ask for."),
            HandlerKey(
                name: "cgroup_writable", value: .flag(\.defaults.cgroupWritable),
                summary: "Let every container write to its own cgroup; needs cgroup v2."),
            HandlerKey(
                name: "create_limit", value: .count(\.defaults.createLimit),
                summary: "Timeout for the creation of a container, in seconds; 0: runtime_limit."),
        ]
            + Ability.allCases.map {
                HandlerKey(name: $0.rawValue, value: .ability($0), summary: $0.summary)
            }
    }

    /// Takes the value of a section, where it has one.
    func read(_ section: TOMLSection, into handler: inout Handler) throws {
        switch value {
        case .text(let path):
            if let text = try section.string(name) { handler[keyPath: path] = text }
        case .texts(let path):
            if let texts = try section.strings(name) { handler[keyPath: path] = texts }
        case .flag(let path):
            if let flag = try section.bool(name) { handler[keyPath: path] = flag }
        case .count(let path):
            if let number = try section.count(name) { handler[keyPath: path] = number }
        case .ability(let ability):
            if let flag = try section.bool(name) { handler.chosen[ability] = flag }
        }
    }

    func text(_ handler: Handler) -> String {
        switch value {
        case .text(let path): TOMLText.quoted(handler[keyPath: path])
        case .texts(let path): TOMLText.list(handler[keyPath: path])
        case .flag(let path): "\(handler[keyPath: path])"
        case .count(let path): "\(handler[keyPath: path])"
        case .ability(let ability): "\(handler.has(ability))"
        }
    }

    /// Whether it is not configured but was found out: a file that says so would hide what the next
    /// version of the program can do.
    func isFound(_ handler: Handler) -> Bool {
        if case .ability(let ability) = value { return handler.chosen[ability] == nil }
        return false
    }
}

extension Handler {
    /// What the types of values cannot say.
    /// - Throws: `GantryError` (`invalidArgument`) that names file and key.
    func validate(_ section: TOMLSection) throws {
        guard type.isSame(as: "oci") || isShim else {
            throw section.error(
                "type", "\"\(type)\" is no type of handler; there are \"oci\" and \"shim\"")
        }
        if !isShim && shim != ShimKeys() {
            throw section.error(
                "config_path",
                "config_path, config_type, config_body, binary and sandboxer are for handlers of type "
                    + "shim")
        }
        guard ["podsandbox", "shim"].contains(shim.sandboxer) else {
            throw section.error(
                "sandboxer",
                "\"\(shim.sandboxer)\" is no sandboxer; there are \"podsandbox\" and \"shim\"")
        }
        if path.isEmpty { throw section.error("path", "is missing") }
        for (key, path) in [
            ("base_spec", defaults.baseSpec), ("cni_config_dir", defaults.networkDirectory),
            ("seccomp_profile", defaults.seccompProfile),
        ]
        where !path.isEmpty && !path.begins(with: "/") {
            throw section.error(key, "\"\(path)\" is not an absolute path")
        }
        for entry in defaults.annotations {
            guard let (key, _) = entry.cut(at: "="), !key.isEmpty else {
                throw section.error("default_annotations", "\"\(entry)\" is not KEY=VALUE")
            }
        }
    }
}
