internal import Glibc
internal import Kernel
internal import System
internal import Text

/// A way to run containers that a pod's RuntimeClass can name.
public struct Handler: Codable, Hashable, Sendable {
    public var name: String
    /// The runtime's program.
    public var path: String
    /// Where the runtime keeps its own state (`--root`).
    public var root: String
    /// The kind of interface; `oci` is the runtime command line interface of opencontainers, `shim`
    /// that of containerd's shims.
    public var type: String
    /// What only shims have.
    public var shim = ShimKeys()
    /// Global arguments before each command, as `--platform=ptrace`.
    public var extraArguments: [String]
    /// Annotations of pods and containers that reach the runtime; a final `*` stands for any rest.
    public var allowedAnnotations: [String]
    /// What it gives containers that ask for nothing of their own.
    public var defaults = HandlerDefaults()
    /// What the configuration says of its command line.
    public var chosen: [Ability: Bool] = [:]
    /// What was found out about it.
    public var found: [Ability: Bool] = [:]

    public init(
        name: String, path: String, root: String, type: String = "oci", infra: Bool = false,
        extraArguments: [String] = [], allowedAnnotations: [String] = []
    ) {
        self.name = name
        self.path = path
        self.root = root
        self.type = type
        self.extraArguments = extraArguments
        self.allowedAnnotations = allowedAnnotations
        if infra { chosen[.infra] = true }
    }

    /// What the configuration says, or else what was found out.
    public func has(_ ability: Ability) -> Bool {
        chosen[ability] ?? found[ability] ?? ability.isUsual
    }

    /// What most runtimes have, and this one not.
    public var lacking: [Ability] { Ability.allCases.filter { $0.isUsual && !has($0) } }

    /// Whether each pod needs a container of its own before any other, as sandboxes of gVisor and
    /// virtual machines do.
    public var infra: Bool {
        get { chosen[.infra] ?? found[.infra] ?? hidesProcesses }
        set { chosen[.infra] = newValue }
    }

    public var isShim: Bool { type.isSame(as: "shim") }

    /// Whether the shim makes sandboxes by itself, without a container of ours.
    public var makesSandboxes: Bool { isShim && shim.sandboxer.isSame(as: "shim") }

    /// Whether the container's process is none of the node's, but one of a kernel in the sandbox.
    ///
    /// The streams of the one that runs `Runtime.startArguments` are then the container's, its
    /// `pid` is the sandbox's, and only `Runtime.waitArguments` tells how it ended.
    public var hidesProcesses: Bool { has(.hiddenProcesses) }

    /// Whether the pod's monitor runs its `start`, for the streams of that are the container's. Shims
    /// have FIFOs for those.
    public var isStartedByMonitor: Bool { hidesProcesses && !isShim }

    /// Whether `exec` leaves the program alone, and `gantry-exec` waits for it. A runtime that waits by
    /// itself may copy the output, and then ends only when nobody writes any more (runc), or wait for
    /// all that has become its child (crun).
    var detachesExec: Bool { has(.execDetach) && !hidesProcesses }

    /// Those of its default annotations that a pod or container does not set itself, and theirs as far
    /// as they are allowed.
    public func annotations(_ asked: [String: String]) -> [String: String] {
        defaults.annotationsByKey.merging(asked.filter { allows(annotation: $0.key) }) { $1 }
    }

    public func allows(annotation key: String) -> Bool {
        allowedAnnotations.contains { pattern in
            pattern.removing(suffix: "*").map { key.begins(with: $0) } ?? key.isSame(as: pattern)
        }
    }
}

/// The runtimes that are installed.
public enum Runtimes {
    /// Those that are looked for, in the order in which one is the default.
    public static let names = ["crun", "runc", "runsc"]

    /// Where each of those that are looked for has its state, by name.
    public static func roots(runRoot: String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, root($0, runRoot)) })
    }

    private static func root(_ name: String, _ runRoot: String) -> String { "\(runRoot)/\(name)" }

    /// The handlers of the programs crun, runc and runsc that stand in a directory of `search`, in
    /// this order, which is the order in which one is the default.
    /// - Parameter runRoot: their state goes to `<runRoot>/<name>`.
    public static func discover(
        runRoot: String, search: [String] = Runtimes.search
    ) -> [Handler] {
        var found: [Handler] = []
        for name in names {
            let candidates = search.map { "\($0)/\(name)" }
            guard let path = candidates.first(where: isProgram) else { continue }
            found.append(Handler(name: name, path: path, root: root(name, runRoot)))
        }
        return found
    }

    /// Where a program is that a configuration names, by its path or to be looked for.
    public static func program(_ name: String, search: [String] = Runtimes.search) -> String? {
        if name.begins(with: "/") { return name }
        return search.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    public static func isProgram(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }

    /// The daemon's own PATH, and the places that every node has.
    public static var search: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(at: ":").map(String.init) + [
            "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
        ]
    }
}
