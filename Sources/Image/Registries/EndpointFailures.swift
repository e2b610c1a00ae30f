internal import ImageProtocol
internal import Model

/// Why no endpoint gave the image: all the reasons, and the code of the one that decides.
struct EndpointFailures {
    private let reference: Reference
    private let action: String
    private var failures: [(endpoint: Endpoint, error: any Error)] = []

    init(_ reference: Reference, _ action: String = "pull") {
        self.reference = reference
        self.action = action
    }

    mutating func add(_ endpoint: Endpoint, _ error: any Error) {
        failures.append((endpoint, error))
    }

    /// A host's other scheme is worth a try only while the host has not answered. HTTP 400 (code
    /// `unknown`) is what TLS servers say to plain HTTP.
    func mayStillHelp(_ endpoint: Endpoint) -> Bool {
        !failures.contains { failure in
            failure.endpoint.host == endpoint.host && failure.endpoint.scheme != endpoint.scheme
                && Self.isAnswer(failure.error)
        }
    }

    private static func isAnswer(_ error: any Error) -> Bool {
        switch error {
        case let error as TransferError: error.isAnswered
        case let error as GantryError: error.code != .unknown
        default: true
        }
    }

    /// The last endpoint is the registry itself, and its word counts.
    private var code: GantryError.Code {
        switch failures.last?.error {
        case let error as GantryError: error.code
        case is TransferError: .unavailable
        case is SignatureError: .permissionDenied
        case nil: .notFound
        default: .internal
        }
    }

    /// The word by which the kubelet knows the reason (cri-api, pkg/errors).
    private var prefix: String {
        if failures.last?.error is SignatureError { return "SignatureValidationFailed: " }
        return code == .unavailable ? "RegistryUnavailable: " : ""
    }

    /// What the policy says before any endpoint is asked.
    func refusal(_ error: SignatureError) -> GantryError {
        GantryError(.permissionDenied, "SignatureValidationFailed: pull \(reference): \(error)")
    }

    var error: GantryError {
        let reasons = failures.map { "\($0.endpoint): \($0.error)" }.joined(separator: "; ")
        return GantryError(code, "\(prefix)\(action) \(reference): \(reasons)")
    }
}
