public import ImageProtocol
internal import Kernel
internal import Model
internal import TOML
internal import Text

/// Where images come from: registries.conf(5) version 2 with its drop-in directory, read once.
public struct Registries: Sendable {
    var rules: [RegistryRule] = []
    var searched: [String] = []
    var aliases: [String: String] = [:]
    var shortNames = ShortNameMode.permissive
    var directories = HostDirectories()
    var auth = AuthFile()
    /// The directory that says where GPG signatures are; see `Lookaside`.
    var lookaside = ""
    /// Keys that nobody knows, each with its file: a typing error, or a newer version of the format.
    public internal(set) var warnings: [String] = []

    /// Nothing configured: every name is looked for where it says, short ones at `docker.io`.
    public init() {}

    /// Reads the file, then each `*.conf` of the directory by name; the later one wins. All of them
    /// may be absent.
    /// - Parameters:
    ///   - hosts: directories like containerd's and docker's `certs.d`.
    ///   - authFile: credentials as containers-auth.json(5) has them; empty is none.
    ///   - lookaside: the directory of containers-registries.d(5), read where a policy needs it.
    /// - Throws: `GantryError` (`invalidArgument`) naming the file and the key.
    public static func load(
        path: String = "/etc/containers/registries.conf",
        directory: String = "/etc/containers/registries.conf.d",
        hosts: [String] = [], authFile: String = "", lookaside: String = ""
    ) throws -> Registries {
        var registries = Registries()
        let dropIns = Files.exists(directory) ? try Files.list(directory) : []
        let files = [path] + dropIns.filter { $0.ends(with: ".conf") }.map { "\(directory)/\($0)" }
        for file in files where Files.exists(file) {
            try registries.merge(
                try RegistriesFile(try TOMLSection.text(try Files.read(file), file), file))
        }
        registries.directories.roots = hosts
        registries.lookaside = lookaside
        registries.auth = try AuthFile(path: authFile)
        return registries
    }

    mutating func merge(_ file: RegistriesFile) throws {
        let replaced = Set(file.rules.map(\.prefix))
        rules = rules.filter { !replaced.contains($0.prefix) } + file.rules
        searched = file.searched ?? searched
        aliases.merge(file.aliases) { $1 }
        shortNames = file.shortNames ?? shortNames
        warnings += file.warnings
    }

    /// The whole names that `text` may stand for, in the order in which to try them. A name with a
    /// registry is one; a short name is its alias, else it is looked for in
    /// `unqualified-search-registries`, else at `docker.io`.
    /// - Throws: `GantryError` (`invalidArgument`) for what is not a name, or may stand for several and
    ///   must not.
    public func candidates(for text: String) throws -> [Reference] {
        let parts = try ReferenceParts(text)
        guard parts.domain == nil else { return [try Reference.parse(text)] }
        let suffix = text.removing(prefix: parts.path) ?? ""
        if let alias = aliases[parts.path], !alias.isEmpty {
            return [try Reference.parse(alias + suffix)]
        }
        if searched.isEmpty { return [try Reference.parse(text)] }
        if shortNames == .enforcing, searched.count > 1 {
            throw GantryError(
                .invalidArgument,
                "\(text) may be of \(searched.joined(separator: ", ")), and registries.conf has "
                    + "short-name-mode = \"enforcing\": write the whole name, or an alias")
        }
        return try searched.map { try Reference.parse("\($0)/\(text)") }
    }

    /// The places to ask for an image, in order. Reads the directories of the hosts.
    /// - Throws: `GantryError`: `permissionDenied` when registries.conf blocks it, `invalidArgument`
    ///   for a hosts.toml that cannot be used.
    public func endpoints(for reference: Reference) throws -> [Endpoint] {
        try configured(reference).flatMap { try directories.expand($0) }.uniqued()
    }

    /// What goes to an endpoint: the caller's credentials if it is the registry itself, which mirrors
    /// are not told, or else the node's own.
    func credentials(for endpoint: Endpoint, given: Credentials) -> Credentials {
        if !endpoint.isMirror, given != .none { return given }
        return auth.find(endpoint.location)?.credentials ?? .none
    }

    private func configured(_ reference: Reference) throws -> [Endpoint] {
        let matches = rules.compactMap { rule in
            rule.matchLength(reference).map { (rule: rule, length: $0) }
        }
        guard let best = matches.max(by: { $0.length < $1.length })?.rule else {
            return Endpoint.all(at: reference.repository, insecure: false, isMirror: false)
        }
        if best.isBlocked {
            throw GantryError(
                .permissionDenied, "\(reference): \"\(best.prefix)\" is blocked in registries.conf")
        }
        return best.endpoints(reference)
    }
}

extension [Endpoint] {
    /// Without repetitions: both schemes of a host lead to the same hosts.toml.
    fileprivate func uniqued() -> [Endpoint] {
        var seen: Set<Endpoint> = []
        return filter { seen.insert($0).inserted }
    }
}
