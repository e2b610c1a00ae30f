internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Text

/// A runtime as it was found.
public struct ProbedHandler: Sendable {
    /// With what was found out.
    public let handler: Handler
    public let features: HandlerFeatures
    /// By which the same program is known again (`KnownAbilities`); empty when it is not to be.
    public let identity: String

    /// Of a handler that was found out about elsewhere.
    public init(handler: Handler, features: HandlerFeatures) {
        self.handler = handler
        self.features = features
        identity = ""
    }

    init(handler: Handler, features: HandlerFeatures, identity: String) {
        self.handler = handler
        self.features = features
        self.identity = identity
    }
}

extension Handler {
    /// A node that has just booted is busy, and a handler that does not answer in time is missing
    /// until it is asked again.
    static let patience: Duration = .seconds(30)

    /// Really runs the runtime to see that it works and what it can do.
    /// - Parameters:
    ///   - driver: the cgroup driver that it will be used with.
    ///   - known: what earlier probes have found out; programs not among them are tried.
    /// - Throws: `unavailable` with the runtime's own words.
    public func probe(
        driver: CgroupDriver = .cgroupfs, known: KnownAbilities = KnownAbilities()
    ) async throws -> ProbedHandler {
        guard type == "oci" else {
            throw GantryError(
                .invalidArgument,
                "runtime handler \(name) has type \"\(type)\"; only \"oci\" is known")
        }
        async let saidVersion = run(["--version"])
        async let saidFeatures = run(["features"])
        let (version, features) = try await (saidVersion, saidFeatures)
        guard version.status == 0, let line = version.text.split(at: "\n").first else {
            throw GantryError(
                .unavailable, "\(path) --version ends with \(version.status): \(version.errorText)")
        }
        var identity = try identity(version.text + features.text)
        var handler = self
        if let found = known.programs[identity], AbilityProbe.isComplete(found) {
            handler.found = found
        } else {
            let begun = ContinuousClock.now
            handler.found = await tried()
            // What has not answered in time counts as absent now, and is tried again at the next start.
            if begun.duration(to: .now) >= Self.patience { identity = "" }
        }
        try handler.requireDriver(driver)
        try requireCgroups()
        await handler.adoptNetwork()
        let told = features.status == 0 ? HandlerFeatures(json: features.standardOutput) : nil
        let claimed = handler.claimed(String(line), told)
        handler.found[.recursiveReadOnly] = claimed.mountsRecursivelyReadOnly
        handler.found[.mappedMounts] = claimed.mapsIDs
        handler.found[.infra] = handler.hidesProcesses
        return ProbedHandler(handler: handler, features: claimed, identity: identity)
    }

    private func run(_ arguments: [String]) async throws -> Command.Output {
        do {
            return try await Command(path, arguments, limit: Self.patience).run()
        } catch {
            throw GantryError(.unavailable, "runtime handler \(name) cannot run", cause: error)
        }
    }

    private func tried() async -> [Ability: Bool] {
        await AbilityProbe(path: path, arguments: extraArguments).run()
    }

    /// Of the program as it is now: its file, how it is called, and what it says of itself.
    private func identity(_ words: String) throws -> String {
        var file = stat()
        guard stat(path, &file) == 0 else { throw SystemError("stat", path, errno: errno) }
        let facts = [
            "\(file.st_dev)", "\(file.st_ino)", "\(file.st_size)", "\(file.st_mtim.tv_sec)",
            "\(file.st_mtim.tv_nsec)",
        ]
        return ([path] + extraArguments + facts + [words]).joined(separator: "\n")
    }

    /// With cgroup v1 a container's own cgroup is part of each controller's tree as the node has it.
    private func requireCgroups() throws {
        guard !defaults.cgroupWritable || Files.exists("/sys/fs/cgroup/cgroup.controllers") else {
            throw GantryError(
                .unavailable, "cgroup_writable needs cgroup v2, which this node does not have")
        }
    }

    /// Without the option the program would take a unit's name for a path.
    private func requireDriver(_ driver: CgroupDriver) throws {
        guard driver != .systemd || has(.systemdCgroup) else {
            throw GantryError(
                .unavailable,
                "\(path) takes no --systemd-cgroup, which cgroup_driver systemd needs")
        }
    }

    /// gVisor has a network stack of its own, but not for the node's network namespace, which it takes
    /// for the one that shows this file. Newer kernels show it in all of them; there it runs with the
    /// kernel's stack in the pod's namespace, or not at all.
    private mutating func adoptNetwork() async {
        guard hidesProcesses, !extraArguments.contains(where: { $0.begins(with: "--network") })
        else { return }
        let isEverywhere = try? await NewNetwork.run {
            Files.exists("/proc/sys/net/core/rmem_default")
        }
        if isEverywhere == true { extraArguments.append("--network=host") }
    }

    /// What its `features` tells, and nothing without that, as far as no key says otherwise.
    private func claimed(_ version: String, _ told: HandlerFeatures?) -> HandlerFeatures {
        var features = told ?? HandlerFeatures()
        features.version = version
        if let mounts = chosen[.recursiveReadOnly] {
            if mounts {
                features.mountOptions.insert("rro")
            } else {
                features.mountOptions.remove("rro")
            }
        }
        if let maps = chosen[.mappedMounts] {
            features.mapsIDs = maps
            // A spec with mapped mounts is of this version at least (`ociVersion`).
            if maps && features.ociVersionMax < "1.1" { features.ociVersionMax = "1.1.0" }
        }
        return features
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

    /// Nil when this is no answer of `features`.
    init?(json: [UInt8]) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json)) else {
            return nil
        }
        self.init(
            ociVersionMax: document.ociVersionMax ?? "1.0.2",
            mountOptions: Set(document.mountOptions ?? []),
            mapsIDs: document.linux?.mountExtensions?.idmap?.enabled ?? false)
        hasIntelRdt = document.linux?.intelRdt?.enabled ?? false
        movesNetDevices = document.linux?.netDevices?.enabled ?? false
        memoryPolicies = Set(document.linux?.memoryPolicy?.modes ?? [])
    }
}
