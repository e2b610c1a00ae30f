internal import Model
internal import Text

extension SpecBuilder {
    /// What no other aspect would notice.
    func checkRules() throws {
        let container = request.container
        let options = security.namespaceOptions ?? NamespaceOption()
        try require(
            !security.privileged || podSecurity.privileged,
            "privileged: a privileged container needs a sandbox that is privileged too")
        try require(
            options.targetId.isEmpty || options.pid == .target,
            "target_id is for the PID namespace mode TARGET alone")
        try require(
            container.workingDir.isEmpty || container.workingDir.begins(with: "/"),
            "working_dir \"\(container.workingDir)\" is not absolute")
    }

    private func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws {
        guard holds else { throw GantryError(.invalidArgument, rule()) }
    }
}
