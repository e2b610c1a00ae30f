internal import FoundationEssentials
internal import Kernel
public import Model
internal import System
internal import Text

extension Spec.Seccomp {
    /// The profile that a container's security context names as `Localhost`; nil when it names none.
    public static func localhost(
        for security: LinuxContainerSecurityContext
    ) async throws -> Spec.Seccomp? {
        guard let path = path(security) else { return nil }
        guard path.begins(with: "/") else {
            throw GantryError(
                .invalidArgument, "seccomp profile \"\(path)\" is not an absolute path")
        }
        return try await Blocking.run { try load(path) }
    }

    private static func path(_ security: LinuxContainerSecurityContext) -> String? {
        if security.privileged { return nil }
        if let profile = security.seccomp {
            return profile.profileType == .localhost ? profile.localhostRef : nil
        }
        let older = security.seccompProfilePath
        return older.removing(prefix: "localhost/").map(String.init)
    }

    private static func load(_ path: String) throws -> Spec.Seccomp {
        do {
            return try JSONDecoder().decode(Spec.Seccomp.self, from: Data(try Files.read(path)))
        } catch {
            throw GantryError(
                .invalidArgument, "seccomp profile \(path) cannot be used", cause: error)
        }
    }
}
