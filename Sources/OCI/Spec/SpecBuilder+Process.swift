internal import Kernel
internal import Model
internal import Text

extension SpecBuilder {
    func process() throws -> Spec.Process {
        let user = request.user
        var process = Spec.Process(
            args: try arguments(), env: try environment(), cwd: workingDirectory,
            user: Spec.User(
                uid: user.uid, gid: user.gid,
                additionalGids: user.groups
                    + request.injection.groups.filter { !user.groups.contains($0) }),
            terminal: request.container.tty, capabilities: try capabilities(),
            noNewPrivileges: security.noNewPrivs)
        process.rlimits = request.rlimits.isEmpty ? nil : request.rlimits
        process.oomScoreAdj = oomScore
        process.apparmorProfile = try appArmor()
        process.selinuxLabel = selinux?.process
        return process
    }

    /// Kubernetes, "Define a Command and Arguments": a command replaces the image's entrypoint and
    /// its command; arguments alone replace the image's command.
    private func arguments() throws -> [String] {
        let container = request.container
        let image = request.image
        var arguments: [String]
        if !container.command.isEmpty {
            arguments = container.command + container.args
        } else {
            arguments = image.entrypoint
            arguments += container.args.isEmpty ? image.command : container.args
        }
        guard !arguments.isEmpty else {
            throw GantryError(
                .invalidArgument, "command: neither the container nor its image has a command")
        }
        return arguments
    }

    private var workingDirectory: String {
        let own = request.container.workingDir
        if !own.isEmpty { return own }
        return Path.cleaned(request.image.workingDirectory)
    }

    private func capabilities() throws -> Spec.Capabilities {
        try Capabilities.granted(
            security.capabilities ?? Capability(), privileged: security.privileged,
            available: request.host.capabilities, known: request.host.knownCapabilities,
            usual: request.defaults.capabilities ?? Capabilities.byDefault)
    }

    /// CRI asks for scores that a daemon without CAP_SYS_RESOURCE may not give; the nearest that it
    /// may is better than no container.
    private var oomScore: Int {
        let asked = request.container.linux?.resources?.oomScoreAdj ?? 0
        return min(1000, max(Int(clamping: asked), request.host.oomScoreFloor))
    }

    /// The container's variables over the image's over what every program expects.
    private func environment() throws -> [String] {
        var environment = Environment()
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment["HOSTNAME"] = request.hostname.isEmpty ? nil : request.hostname
        environment["HOME"] = request.user.home
        if request.container.tty { environment["TERM"] = "xterm" }
        for entry in request.defaults.environment { environment.set(entry) }
        // What is no variable, no program could have, and some runtimes refuse to make a container with.
        for entry in request.image.environment where Self.isVariable(entry) {
            environment.set(entry)
        }
        for variable in request.container.envs {
            guard let value = String(validating: variable.value, as: UTF8.self) else {
                throw GantryError(
                    .invalidArgument, "envs: the value of variable \(variable.key) is not UTF-8")
            }
            guard !variable.key.isEmpty, !variable.key.has("="), !value.has("\0") else {
                throw GantryError(
                    .invalidArgument,
                    "envs: \"\(variable.key)\" is no name, or its value no value, of a variable")
            }
            environment[variable.key] = value
        }
        for entry in request.injection.environment { environment.set(entry) }
        return environment.entries
    }

    private static func isVariable(_ entry: String) -> Bool {
        !entry.isEmpty && !entry.begins(with: "=") && !entry.has("\0")
    }
}

/// Variables in the order in which they were first set.
private struct Environment {
    private var names: [ExactText] = []
    private var values: [ExactText: String] = [:]

    var entries: [String] { names.map { "\($0)=\(values[$0] ?? "")" } }

    subscript(name: String) -> String? {
        get { values[ExactText(name)] }
        set {
            guard let newValue else { return }
            let name = ExactText(name)
            if values.updateValue(newValue, forKey: name) == nil { names.append(name) }
        }
    }

    /// `NAME=value`; without the sign the value is empty.
    mutating func set(_ entry: String) {
        let (name, value) = entry.cut(at: "=") ?? (entry[...], "")
        self[String(name)] = String(value)
    }
}
