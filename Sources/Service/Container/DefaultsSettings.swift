internal import OCI
internal import System

extension ContainerDefaults {
    /// As the node and the handler are configured. The seccomp profile is read anew for each container, as those are that
    /// pods name.
    /// - Throws: `invalidArgument` for a profile that cannot be used.
    init(_ settings: Settings, _ handler: Handler, _ paths: HostPaths) async throws {
        self.init()
        if !settings.defaultCapabilities.isEmpty {
            capabilities = try Self.capabilities(settings.defaultCapabilities)
        }
        let own = handler.defaults.seccompProfile
        let profile = own.isEmpty ? settings.seccompProfile : own
        if !profile.isEmpty { seccomp = try await .file(profile, paths) }
        if !settings.appArmorProfile.isEmpty { appArmorProfile = settings.appArmorProfile }
        environment = settings.defaultEnvironment
        sharedMemory = settings.sharedMemory
    }
}
