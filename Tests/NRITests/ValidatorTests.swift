internal import Model
internal import Testing

@testable import NRI

@Suite struct ValidatorTests {
    private func request(
        _ adjustment: ContainerAdjustment, annotations: [String: String] = [:],
        profile: NRI.SecurityProfile? = nil
    ) throws -> ValidateContainerAdjustmentRequest {
        let container = NRI.Container(
            id: "c", name: "main", linux: .init(seccompProfile: profile))
        var merge = AdjustmentMerge(container)
        try merge.add(adjustment, "10-a")
        return ValidateContainerAdjustmentRequest(
            pod: .init(annotations: annotations), container: container,
            adjust: merge.adjustment, owners: merge.owners.message,
            plugins: [.init(name: "a", index: "10")])
    }

    private func validator(_ change: (inout DefaultValidator) -> Void) -> DefaultValidator {
        var validator = DefaultValidator()
        change(&validator)
        return validator
    }

    @Test func rulesHoldForWhatTheyName() throws {
        let sysctl = try request(.init(linux: .init(sysctl: ["kernel.msgmax": "1"])))
        let namespace = try request(.init(linux: .init(namespaces: [.init(type: "ipc")])))
        let hooks = try request(.init(hooks: .init(poststop: [.init(path: "/x")])))
        try DefaultValidator().validate(sysctl)
        #expect(throws: GantryError.self) {
            try validator { $0.rejectsSysctls = true }.validate(sysctl)
        }
        #expect(throws: GantryError.self) {
            try validator { $0.rejectsNamespaces = true }.validate(namespace)
        }
        #expect(throws: GantryError.self) {
            try validator { $0.rejectsHooks = true }.validate(hooks)
        }
        try validator { $0.rejectsHooks = true }.validate(sysctl)
    }

    @Test func seccompRulesGoByWhatThePodAskedFor() throws {
        let policy = ContainerAdjustment(linux: .init(seccompPolicy: .init(defaultAction: "A")))
        let rejecting = validator { $0.rejectsCustomSeccomp = true }
        try rejecting.validate(request(policy))
        try rejecting.validate(request(policy, profile: .init(profileType: .runtimeDefault)))
        #expect(throws: GantryError.self) {
            try rejecting.validate(request(policy, profile: .init(profileType: .localhost)))
        }
    }

    @Test func requiredPluginsCanBeToleratedAndAdded() throws {
        let requiring = validator {
            $0.requiredPlugins = ["b"]
            $0.toleratingAnnotation = "alone"
        }
        let nothing = ContainerAdjustment()
        #expect(throws: GantryError.self) { try requiring.validate(request(nothing)) }
        try requiring.validate(request(nothing, annotations: ["alone/container.main": "true"]))
        #expect(throws: GantryError.self) {
            try requiring.validate(request(nothing, annotations: ["alone": "perhaps"]))
        }
        let key = DefaultValidator.requiringAnnotation
        try DefaultValidator().validate(request(nothing, annotations: [key: #"["a"]"#]))
        #expect(throws: GantryError.self) {
            try DefaultValidator().validate(request(nothing, annotations: [key: #"["z"]"#]))
        }
        #expect(throws: GantryError.self) {
            try DefaultValidator().validate(request(nothing, annotations: [key: "a"]))
        }
    }
}
