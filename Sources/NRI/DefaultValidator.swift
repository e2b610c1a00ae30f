internal import FoundationEssentials
internal import Model

/// Rules for what plugins may make of containers, in the daemon itself (NRI, "Default Validation
/// Plugin").
public struct DefaultValidator: Sendable, Hashable {
    public var rejectsHooks = false
    public var rejectsRuntimeDefaultSeccomp = false
    public var rejectsUnconfinedSeccomp = false
    public var rejectsCustomSeccomp = false
    public var rejectsNamespaces = false
    public var rejectsSysctls = false
    /// Plugins without which no container is created.
    public var requiredPlugins: [String] = []
    /// The annotation by which a pod does without them; empty: there is none.
    public var toleratingAnnotation = ""

    public init() {}

    /// By which a pod requires plugins; its value is a list in JSON.
    static let requiringAnnotation = "required-plugins.noderesource.dev"

    /// - Throws: `failedPrecondition` that says which rule which plugin broke.
    func validate(_ request: ValidateContainerAdjustmentRequest) throws {
        let owners = Owners(request)
        if rejectsHooks, let plugins = owners.simple(.ociHooks) {
            throw Self.rejection("\(plugins) may not add OCI hooks")
        }
        try validateSeccomp(request, owners)
        if rejectsNamespaces, let plugins = owners.compound(.namespace) {
            throw Self.rejection("\(plugins) may not change namespaces")
        }
        if rejectsSysctls, let plugins = owners.compound(.sysctl) {
            throw Self.rejection("\(plugins) may not change sysctls")
        }
        try validatePlugins(request)
    }

    private func validateSeccomp(
        _ request: ValidateContainerAdjustmentRequest, _ owners: Owners
    ) throws {
        guard let plugins = owners.simple(.seccompPolicy) else { return }
        let profile = request.container?.linux?.seccompProfile
        let (isRejected, kind) =
            switch profile?.profileType ?? .unconfined {
            case .runtimeDefault: (rejectsRuntimeDefaultSeccomp, "the runtime's default")
            case .unconfined: (rejectsUnconfinedSeccomp, "no")
            case .localhost: (rejectsCustomSeccomp, "a custom")
            }
        if isRejected {
            throw Self.rejection("\(plugins) may not replace \(kind) seccomp profile")
        }
    }

    private func validatePlugins(_ request: ValidateContainerAdjustmentRequest) throws {
        let annotations = request.pod?.annotations ?? [:]
        let container = request.container?.name ?? ""
        if !toleratingAnnotation.isEmpty,
            let value = Self.annotation(toleratingAnnotation, annotations, container)
        {
            switch value {
            case "1", "t", "T", "true", "TRUE", "True": return
            case "0", "f", "F", "false", "FALSE", "False": break
            default: throw Self.rejection("\(toleratingAnnotation) is neither true nor false")
            }
        }
        var required = requiredPlugins
        if let value = Self.annotation(Self.requiringAnnotation, annotations, container) {
            guard let names = try? JSONDecoder().decode([String].self, from: Data(value.utf8))
            else { throw Self.rejection("\(Self.requiringAnnotation) is no list of names") }
            required += names
        }
        let missing = required.filter { name in !request.plugins.contains { $0.name == name } }
        if !missing.isEmpty {
            throw Self.rejection("required and missing: \(missing.joined(separator: ", "))")
        }
    }

    /// What is for the container counts more than what is for the pod.
    private static func annotation(
        _ key: String, _ annotations: [String: String], _ container: String
    ) -> String? {
        annotations["\(key)/container.\(container)"] ?? annotations["\(key)/pod"]
            ?? annotations[key]
    }

    private static func rejection(_ reason: String) -> GantryError {
        GantryError(.failedPrecondition, "the default validator rejects the adjustment: \(reason)")
    }
}

/// Who changed what of the container.
private struct Owners {
    private let fields: FieldOwners

    init(_ request: ValidateContainerAdjustmentRequest) {
        let id = request.container?.id ?? ""
        fields = request.owners?.owners.first { $0.key == id }?.value ?? FieldOwners()
    }

    func simple(_ field: Field) -> String? {
        fields.simple.first { $0.key == field.rawValue }.map { "plugin \($0.value)" }
    }

    func compound(_ field: Field) -> String? {
        fields.compound.first { $0.key == field.rawValue }.map { entry in
            let entries = entry.value?.owners.sorted { $0.key < $1.key } ?? []
            return entries.map { "plugin \($0.value) (\($0.key))" }.joined(separator: ", ")
        }
    }
}
