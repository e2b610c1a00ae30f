internal import Model
internal import NRI

/// What plugins can be forbidden, as the configuration names it.
public enum NRIRule: String, CaseIterable, Sendable {
    case hooks, namespaces, sysctls
    /// Replacing a seccomp profile of that kind.
    case runtimeDefaultSeccomp = "seccomp-runtime-default"
    case unconfinedSeccomp = "seccomp-unconfined"
    case customSeccomp = "seccomp-custom"
}

extension NRISettings {
    /// Nil when there are to be no plugins.
    init?(_ settings: Settings) {
        guard settings.nri else { return nil }
        self.init()
        socket = settings.nriSocket
        pluginDirectory = settings.nriPluginDirectory
        configDirectory = settings.nriConfigDirectory
        registrationLimit = .seconds(settings.nriRegistrationTimeout)
        requestLimit = .seconds(settings.nriRequestTimeout)
        runtimeVersion = Release.version
        validator = DefaultValidator(settings)
    }
}

extension DefaultValidator {
    /// Nil when there is nothing that it would have to look at.
    fileprivate init?(_ settings: Settings) {
        let rules = Set(settings.nriRejects.compactMap(NRIRule.init(rawValue:)))
        let required = settings.nriRequiredPlugins
        guard !rules.isEmpty || !required.isEmpty || !settings.nriTolerationAnnotation.isEmpty
        else { return nil }
        self.init()
        rejectsHooks = rules.contains(.hooks)
        rejectsNamespaces = rules.contains(.namespaces)
        rejectsSysctls = rules.contains(.sysctls)
        rejectsRuntimeDefaultSeccomp = rules.contains(.runtimeDefaultSeccomp)
        rejectsUnconfinedSeccomp = rules.contains(.unconfinedSeccomp)
        rejectsCustomSeccomp = rules.contains(.customSeccomp)
        requiredPlugins = required
        toleratingAnnotation = settings.nriTolerationAnnotation
    }
}
