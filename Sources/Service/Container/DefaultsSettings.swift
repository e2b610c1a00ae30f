internal import OCI
internal import System

extension ContainerDefaults {
    /// As the node is configured. The seccomp profile is read anew for each container, as those are that
    /// pods name.
    /// - Throws: `invalidArgument` for a profile that cannot be used.
    init(_ settings: Settings, _ paths: HostPaths) async throws {
        self.init()
        if !settings.defaultCapabilities.isEmpty {
            capabilities = try Self.capabilities(settings.defaultCapabilities)
        }
        if !settings.seccompProfile.isEmpty {
            seccomp = try await .file(settings.seccompProfile, paths)
        }
        if !settings.appArmorProfile.isEmpty { appArmorProfile = settings.appArmorProfile }
        environment = settings.defaultEnvironment
        sharedMemory = settings.sharedMemory
    }
}
