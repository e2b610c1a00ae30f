internal import FoundationEssentials
internal import Kernel
public import Model
public import System
internal import Text

extension Spec.Seccomp {
    /// The profile that a container's security context names as `Localhost`; nil when it names none.
    public static func localhost(
        for security: LinuxContainerSecurityContext, _ paths: HostPaths
    ) async throws -> Spec.Seccomp? {
        guard let path = path(security) else { return nil }
        guard path.begins(with: "/") else {
            throw GantryError(
                .invalidArgument, "seccomp profile \"\(path)\" is not an absolute path")
        }
        return try await load(path, paths)
    }

    private static func path(_ security: LinuxContainerSecurityContext) -> String? {
        if security.privileged { return nil }
        if let profile = security.seccomp {
            return profile.profileType == .localhost ? profile.localhostRef : nil
        }
        let older = security.seccompProfilePath
        return older.removing(prefix: "localhost/").map(String.init)
    }

    /// Far more than any profile has.
    private static let longest = 16 << 20

    static func load(_ path: String, _ paths: HostPaths) async throws -> Spec.Seccomp {
        do {
            let text = try await paths.read(path, limit: longest)
            let profile = try JSONDecoder().decode(Spec.Seccomp.self, from: Data(text))
            try profile.check()
            return profile
        } catch {
            throw GantryError(
                .invalidArgument, "seccomp profile \(path) cannot be used", cause: error)
        }
    }

    private static let actions: Set<String> = [
        "KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG", "NOTIFY",
    ]
    private static let comparisons: Set<String> = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]

    /// - Throws: `invalidArgument` for what config-linux.md ("Seccomp") does not have.
    private func check() throws(GantryError) {
        let rules = syscalls ?? []
        for action in [defaultAction] + rules.map(\.action) {
            try Self.require(
                Self.actions.map { "SCMP_ACT_\($0)" }.contains(action), "action", action)
        }
        for test in rules.flatMap({ $0.args ?? [] }) {
            try Self.require(
                Self.comparisons.map { "SCMP_CMP_\($0)" }.contains(test.op), "operator", test.op)
            try Self.require(test.index < 6, "argument", "\(test.index)")
        }
    }

    private static func require(
        _ holds: Bool, _ what: String, _ value: String
    ) throws(GantryError) {
        guard holds else {
            throw GantryError(.invalidArgument, "seccomp has no \(what) \"\(value)\"")
        }
    }
}
