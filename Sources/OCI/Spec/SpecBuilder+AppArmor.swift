internal import Model
internal import Text

extension SpecBuilder {
    /// The profile of the container's process. Without AppArmor in the kernel only a profile by name
    /// is refused: the default confines as far as the node can.
    ///
    /// For a privileged container "AppArmor confinement is not applied" (CRI).
    func appArmor() throws -> String? {
        let asked = try askedAppArmor()
        if asked?.profileType == .localhost, let asked {
            try require(request.host.hasAppArmor, "AppArmor", asked)
        }
        if security.privileged || !request.host.hasAppArmor { return nil }
        switch asked?.profileType {
        case .unconfined: return "unconfined"
        case .localhost: return try loaded(asked?.localhostRef ?? "")
        case .runtimeDefault: return try defaultProfile()
        case nil: return try? defaultProfile()
        }
    }

    /// The message, or without one the older string; nil when neither says a word.
    private func askedAppArmor() throws -> SecurityProfile? {
        let older = security.apparmorProfile
        if security.apparmor == nil && older.isEmpty { return nil }
        return try profile(security.apparmor, older, "apparmor_profile")
    }

    /// The kubelet writes `localhost/` before the name in the message too.
    private func loaded(_ reference: String) throws -> String {
        let prefix = "localhost/"
        let name = String(reference.removing(prefix: prefix) ?? reference[...])
        guard request.appArmor.loaded.contains(name) else {
            throw GantryError(
                .failedPrecondition, "AppArmor profile \"\(name)\" is not loaded on this node")
        }
        return name
    }

    private func defaultProfile() throws -> String {
        let name = request.defaults.appArmorProfile
        guard request.appArmor.loaded.contains(name) else {
            throw GantryError(
                .failedPrecondition,
                "the default AppArmor profile is not loaded on this node: \(name)",
                cause: request.appArmor.failure)
        }
        return name
    }
}
