internal import Model

/// Why no endpoint gave the image: all the reasons, and the code of the one that decides.
struct EndpointFailures {
    private let reference: Reference
    private var failures: [(endpoint: Endpoint, error: any Error)] = []

    init(_ reference: Reference) {
        self.reference = reference
    }

    mutating func add(_ endpoint: Endpoint, _ error: any Error) {
        failures.append((endpoint, error))
    }

    /// Plain HTTP is worth a try only where HTTPS is not spoken: a host that answered has answered.
    func mayStillHelp(_ endpoint: Endpoint) -> Bool {
        !failures.contains { $0.endpoint.host == endpoint.host && !($0.error is TransferError) }
    }

    /// The last endpoint is the registry itself, and its word counts.
    private var code: GantryError.Code {
        switch failures.last?.error {
        case let error as GantryError: error.code
        case is TransferError: .unavailable
        case nil: .notFound
        default: .internal
        }
    }

    var error: GantryError {
        // kubelet/images, ErrRegistryUnavailable: the kubelet knows the reason by this word.
        let prefix = code == .unavailable ? "RegistryUnavailable: " : ""
        let reasons = failures.map { "\($0.endpoint): \($0.error)" }.joined(separator: "; ")
        return GantryError(code, "\(prefix)pull \(reference): \(reasons)")
    }
}
