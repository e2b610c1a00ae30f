internal import ImageProtocol
internal import Model
internal import System

/// What is asked of each place, but for the place itself.
struct PullDemand: Sendable {
    let reference: Reference
    let registries: Registries
    /// The caller's.
    let credentials: Credentials
    let policy: SignaturePolicy
    let settings: FetchSettings

    /// With the content of the certificates, the keys and credentials that this one place may know.
    func request(to endpoint: Endpoint, _ lookaside: String) throws -> ResolveRequest {
        var endpoint = endpoint
        endpoint.trust = try endpoint.trust.loaded()
        return ResolveRequest(
            reference: reference, endpoint: endpoint,
            credentials: registries.credentials(for: endpoint, given: credentials),
            requirements: policy.requirements(for: reference), policy: policy.source,
            lookaside: lookaside, settings: settings)
    }

    /// The marks of the requirements that were found to hold; see `VerifiedMarks.swift`.
    func marks(_ image: ImageDescription) -> Set<String> {
        let requirements = policy.requirements(for: reference)
        let pinned = image.digest.map(reference.at)
        return Set(
            image.verified.compactMap { verified in
                guard requirements.indices.contains(verified.number) else { return nil }
                let name = verified.name == .asked ? reference : pinned
                return name.flatMap(requirements[verified.number].mark)
            })
    }

    /// Whether GPG signatures of the image are asked for.
    var readsLookaside: Bool {
        policy.requirements(for: reference).contains { requirement in
            if case .signedBy = requirement { true } else { false }
        }
    }

    /// Where GPG signatures of the image are: a URL, and the directory where it is one of this node.
    /// - Throws: `SignatureError` for a configuration that cannot be used.
    func lookaside() throws(SignatureError) -> (url: String, directory: OpenFile?) {
        if !readsLookaside { return ("", nil) }
        do {
            let url = try Lookaside(directory: registries.lookaside).base(for: reference)
            return (url, try Lookaside.directory(of: url))
        } catch {
            throw SignatureError("\(error)")
        }
    }
}

/// The attempts of one pull, at one place after the other.
struct EndpointPulls: Sendable {
    let demand: PullDemand
    let resources: PullResources
    let worker: ImageWorker
    let user: WorkerUser
    let progress: @Sendable (PullEvent) -> Void

    func run(_ endpoints: [Endpoint]) async throws -> PulledImage {
        var failures = EndpointFailures(demand.reference)
        for endpoint in endpoints where failures.mayStillHelp(endpoint) {
            do {
                return try await pull(from: endpoint)
            } catch let error as CancellationError {
                throw error
            } catch let error as WorkerEnd {
                throw error
            } catch let error as NeedsRoot {
                throw error
            } catch {
                try Task.checkCancellation()
                failures.add(endpoint, error)
            }
        }
        throw failures.error
    }

    private func pull(from endpoint: Endpoint) async throws -> PulledImage {
        let image = try await Trace.span("resolve at \(endpoint.host)") {
            let (request, directory) = try await Blocking.run { [demand] in
                let lookaside = try demand.lookaside()
                return (try demand.request(to: endpoint, lookaside.url), lookaside.directory)
            }
            return try await worker.resolve(request, lookaside: directory)
        }
        let verified = demand.marks(image)
        try demand.policy.check(demand.reference, verified: verified)
        let pull = try ImagePull(
            reference: demand.reference, image: image, origin: endpoint.registry,
            resources: resources, worker: worker, progress: progress)
        if user == .nobody, pull.format == .tree { throw NeedsRoot() }
        var pulled = try await pull.run()
        pulled.verified = verified
        return pulled
    }
}
