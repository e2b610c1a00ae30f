public import ImageProtocol
internal import Model
internal import Synchronization
internal import System

/// Pulls images: from a name to layers on disk and a value that says all about them. It stores
/// nothing else, so a pull that fails leaves nothing behind.
///
/// Which places are asked, with what, and which layers are fetched is decided here. All that touches
/// what comes from there is done by a process of its own; see `ImageWorkers`.
public final class Puller: Sendable {
    let resources: PullResources
    private let registries: Mutex<Registries>

    /// - Parameter settings: what the node's configuration says of each pull.
    public init(
        layers: Layers, registries: Registries, workers: ImageWorkers,
        settings: FetchSettings = FetchSettings()
    ) {
        resources = PullResources(layers: layers, workers: workers, settings: settings)
        self.registries = Mutex(registries)
    }

    /// Takes a changed registries.conf; pulls under way go on with the old one.
    public func use(_ registries: Registries) {
        self.registries.withLock { $0 = registries }
    }

    var current: Registries { registries.withLock { $0 } }

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
    ///   begins with `RegistryUnavailable`; or the process that handles images died), `unimplemented`
    ///   (schema 1, foreign layers), and `permissionDenied` beginning with `SignatureValidationFailed`
    ///   where the policy says no; `CancellationError`.
    public func pull(
        _ reference: Reference, credentials: Credentials = .none,
        policy: SignaturePolicy = .acceptAnything,
        progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        do {
            try policy.checkName(reference)
        } catch {
            throw EndpointFailures(reference).refusal(error)
        }
        let registries = registries.withLock { $0 }
        let endpoints = try await Blocking.run {
            try registries.endpoints(for: reference).filter { $0.serves(reference) }
        }
        let demand = PullDemand(
            reference: reference, registries: registries, credentials: credentials,
            policy: policy, settings: resources.settings)
        do {
            return try await pull(demand, endpoints, as: user(for: demand), progress)
        } catch let error as WorkerEnd {
            throw GantryError(.unavailable, "pull \(reference): \(error)")
        }
    }

    /// Signatures in a directory of the node are its owner's.
    private func user(for demand: PullDemand) -> WorkerUser {
        resources.layers.formats.preferred == .erofs && !demand.readsLookaside ? .nobody : .root
    }

    private func pull(
        _ demand: PullDemand, _ endpoints: [Endpoint], as user: WorkerUser,
        _ progress: @escaping @Sendable (PullEvent) -> Void
    ) async throws -> PulledImage {
        do {
            return try await resources.workers.lease(as: user) { [resources] worker in
                try await EndpointPulls(
                    demand: demand, resources: resources, worker: worker, user: user,
                    progress: progress
                ).run(endpoints)
            }
        } catch is NeedsRoot {
            return try await pull(demand, endpoints, as: .root, progress)
        }
    }
}
