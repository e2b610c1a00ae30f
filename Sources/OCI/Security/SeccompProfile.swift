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
            return try JSONDecoder().decode(Spec.Seccomp.self, from: Data(text))
        } catch {
            throw GantryError(
                .invalidArgument, "seccomp profile \(path) cannot be used", cause: error)
        }
    }
}
