internal import FoundationEssentials
internal import Kernel
internal import Model
internal import System
internal import Text

extension Handler {
    /// A node that has just booted is busy, and a handler that does not answer in time is missing
    /// until it is asked again.
    private static let patience: Duration = .seconds(30)

    /// Really runs the runtime to see that it works and what it can do.
    /// - Throws: `unavailable` with the runtime's own words.
    public func probe() async throws -> HandlerFeatures {
        guard type == "oci" else {
            throw GantryError(
                .invalidArgument,
                "runtime handler \(name) has type \"\(type)\"; only \"oci\" is known")
        }
        async let saidVersion = run(["--version"])
        async let saidFeatures = isRunsc ? nil : run(["features"])
        let (version, features) = try await (saidVersion, saidFeatures)
        guard version.status == 0, let line = version.text.split(at: "\n").first else {
            throw GantryError(
                .unavailable, "\(path) --version ends with \(version.status): \(version.errorText)")
        }
        guard let features, features.status == 0 else { return known(String(line)) }
        return try HandlerFeatures(version: String(line), json: features.standardOutput)
    }

    private func run(_ arguments: [String]) async throws -> Command.Output {
        do {
            return try await Command(path, arguments, limit: Self.patience).run()
        } catch {
            throw GantryError(.unavailable, "runtime handler \(name) cannot run", cause: error)
        }
    }

    /// Runtimes older than their `features` command, crun before 1.9, and those that have none: runsc.
    private func known(_ version: String) -> HandlerFeatures {
        HandlerFeatures(version: version, mountOptions: isRunsc ? [] : ["rro"], mapsIDs: !isRunsc)
    }
}

extension HandlerFeatures {
    private struct Document: Decodable {
        struct Linux: Decodable {
            let mountExtensions: Extensions?
            let intelRdt: Extension?
            let netDevices: Extension?
            let memoryPolicy: MemoryPolicy?
        }
        struct MemoryPolicy: Decodable { let modes: [String]? }
        struct Extensions: Decodable { let idmap: Extension? }
        struct Extension: Decodable { let enabled: Bool? }

        let ociVersionMax: String?
        let mountOptions: [String]?
        let linux: Linux?
    }

    /// - Throws: `GantryError` (`unavailable`) when this is no answer of `features`.
    init(version: String, json: [UInt8]) throws {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(json))
        } catch {
            throw GantryError(.unavailable, "\(version): its features are no JSON", cause: error)
        }
        self.init(
            version: version, ociVersionMax: document.ociVersionMax ?? "1.0.2",
            mountOptions: Set(document.mountOptions ?? []),
            mapsIDs: document.linux?.mountExtensions?.idmap?.enabled ?? false)
        hasIntelRdt = document.linux?.intelRdt?.enabled ?? false
        movesNetDevices = document.linux?.netDevices?.enabled ?? false
        memoryPolicies = Set(document.linux?.memoryPolicy?.modes ?? [])
    }
}
