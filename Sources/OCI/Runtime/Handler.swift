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
    /// The kind of interface; `oci` is the runtime command line interface of opencontainers.
    public var type: String
    /// Whether each pod needs a container of its own before any other, as sandboxes of gVisor and
    /// virtual machines do.
    public var infra: Bool
    /// Global arguments before each command, as `--platform=ptrace`.
    public var extraArguments: [String]
    /// Annotations of pods and containers that reach the runtime; a final `*` stands for any rest.
    public var allowedAnnotations: [String]

    public init(
        name: String, path: String, root: String, type: String = "oci", infra: Bool = false,
        extraArguments: [String] = [], allowedAnnotations: [String] = []
    ) {
        self.name = name
        self.path = path
        self.root = root
        self.type = type
        self.infra = infra
        self.extraArguments = extraArguments
        self.allowedAnnotations = allowedAnnotations
    }

    /// Whether the program is gVisor's, whose command line differs in a few places.
    var isRunsc: Bool { Path.lastComponent(of: path).begins(with: "runsc") }

    /// Whether the container's process is none of the node's, but one of a kernel in the sandbox.
    ///
    /// The streams of the one that runs `Runtime.startArguments` are then the container's, its
    /// `pid` is the sandbox's, and only `Runtime.waitArguments` tells how it ended.
    public var hidesProcesses: Bool { isRunsc }

    /// Whether `exec` copies the process's output, and so ends only when nobody writes any more.
    var copiesOutput: Bool { Path.lastComponent(of: path).begins(with: "runc") }

    public func allows(annotation key: String) -> Bool {
        allowedAnnotations.contains { pattern in
            pattern.removing(suffix: "*").map { key.begins(with: $0) } ?? key.isSame(as: pattern)
        }
    }
}

/// The runtimes that are installed.
public enum Runtimes {
    /// Those that are looked for, in the order in which one is the default.
    private static let names = ["crun", "runc", "runsc"]

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
    ) async -> [Handler] {
        var found: [Handler] = []
        for name in names {
            let candidates = search.map { "\($0)/\(name)" }
            guard let path = candidates.first(where: isProgram) else { continue }
            var handler = Handler(name: name, path: path, root: root(name, runRoot))
            handler.infra = handler.isRunsc
            if handler.isRunsc { handler.extraArguments = await runscArguments() }
            found.append(handler)
        }
        return found
    }

    /// runsc has a network stack of its own, but not for the node's network namespace, which it takes
    /// for the one that shows this file. Newer kernels show it in all of them; there runsc runs with
    /// the kernel's stack in the pod's namespace, or not at all.
    private static func runscArguments() async -> [String] {
        let isEverywhere = try? await NewNetwork.run {
            Files.exists("/proc/sys/net/core/rmem_default")
        }
        return isEverywhere == true ? ["--network=host"] : []
    }

    /// Where a program is that a configuration names, by its path or to be looked for.
    public static func program(_ name: String, search: [String] = Runtimes.search) -> String? {
        if name.begins(with: "/") { return name }
        return search.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    private static func isProgram(_ path: String) -> Bool {
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
