public import Archive
internal import Model
internal import Synchronization
internal import System

/// Pulls images: from a name to layers on disk and a value that says all about them. It stores
/// nothing else, so a pull that fails leaves nothing behind.
public final class Puller: Sendable {
    let resources: PullResources
    private let registries: Mutex<Registries>
    private let patience: HTTPPatience
    private let tokens = TokenCache()

    /// - Parameters:
    ///   - limits: what one layer may take.
    ///   - longLayers: which layers may be fetched in ranges.
    ///   - patience: how long a registry may let us wait.
    ///   - privileges: `root`, but for tests.
    public init(
        layers: Layers, registries: Registries, limits: LayerLimits = LayerLimits(),
        longLayers: LongLayers = LongLayers(), patience: HTTPPatience = HTTPPatience(),
        privileges: Privileges = .root
    ) {
        resources = PullResources(
            layers: layers, limits: limits, longLayers: longLayers, privileges: privileges)
        self.registries = Mutex(registries)
        self.patience = patience
    }

    /// Takes a changed registries.conf; pulls under way go on with the old one.
    public func use(_ registries: Registries) {
        self.registries.withLock { $0 = registries }
    }

    /// The whole names that `text` may stand for; see `Registries.candidates`.
    public func candidates(for text: String) throws -> [Reference] {
        try registries.withLock { $0 }.candidates(for: text)
    }

    /// Pulls by a name as the CRI gives it: short names go through registries.conf.
    /// - Throws: as `pull(_:credentials:progress:)`; the last candidate's error when none has it.
    public func pull(
        named name: String,
        credentials: @Sendable (Reference) throws -> Credentials = { _ in .none },
        policy: SignaturePolicy = .acceptAnything,
        progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        let candidates = try registries.withLock { $0 }.candidates(for: name)
        var failure: any Error = GantryError(.notFound, "\(name) stands for no image")
        for reference in candidates {
            do {
                let credentials = try credentials(reference)
                return try await pull(
                    reference, credentials: credentials, policy: policy, progress: progress)
            } catch let error as GantryError {
                failure = error
            }
        }
        throw failure
    }

    /// Asks the reference's endpoints in order, and takes the image from the first that has it.
    ///
    /// Cancelling the task ends all transfers within milliseconds.
    /// - Throws: `GantryError` with every endpoint's failure: `notFound`, `unauthenticated`,
    ///   `permissionDenied`, `dataLoss` (a wrong digest, a broken stream), `unavailable` (its message
    ///   begins with `RegistryUnavailable`), `unimplemented` (schema 1, foreign layers), and
    ///   `permissionDenied` beginning with `SignatureValidationFailed` where the policy says no;
    ///   `CancellationError`.
    public func pull(
        _ reference: Reference, credentials: Credentials = .none,
        policy: SignaturePolicy = .acceptAnything,
        progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        var failures = EndpointFailures(reference)
        do { try policy.checkName(reference) } catch { throw failures.refusal(error) }
        let registries = registries.withLock { $0 }
        let endpoints = try await Blocking.run {
            try registries.endpoints(for: reference).filter { $0.serves(reference) }
        }
        let client = HTTPClient(patience)
        for endpoint in endpoints where failures.mayStillHelp(endpoint) {
            let session = RegistrySession(
                client, endpoint, registries.credentials(for: endpoint, given: credentials), tokens)
            do {
                let resolver = ImageResolver(source: session, platform: .current)
                let resolved = try await Trace.span("resolve at \(endpoint.host)") {
                    try await resolver.resolve(reference)
                }
                let verified = try await SignatureCheck(
                    policy: policy, session: session, client: client,
                    lookaside: registries.lookaside
                ).run(reference, resolved)
                let pull = ImagePull(
                    reference: reference, resolved: resolved, source: session,
                    resources: resources, progress: progress)
                var image = try await pull.run()
                image.verified = verified
                return image
            } catch let error as CancellationError {
                throw error
            } catch {
                try Task.checkCancellation()
                failures.add(endpoint, error)
            }
        }
        throw failures.error
    }
}
