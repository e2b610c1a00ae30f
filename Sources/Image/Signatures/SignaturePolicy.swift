internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text

/// Which images may be pulled: containers-policy.json(5), as far as it speaks of registries.
public struct SignaturePolicy: Hashable, Sendable {
    /// What an image must satisfy; all of a list must hold.
    typealias Requirement = SignatureRequirement

    var fallback: [Requirement]
    /// `transports.docker`, by scope.
    var scopes: [String: [Requirement]] = [:]
    let source: String

    /// Every image is accepted, as without a file.
    public static let acceptAnything = SignaturePolicy(
        fallback: [.insecureAcceptAnything], source: "no policy")

    /// Reads the file; one that is not there accepts everything.
    /// - Throws: `GantryError` (`invalidArgument`) naming file and key.
    public static func load(path: String) throws -> SignaturePolicy {
        guard !path.isEmpty, Files.exists(path) else { return .acceptAnything }
        return try PolicyFile(path: path).policy(try Files.read(path))
    }

    /// What counts for an image: the scope that covers most of its name.
    func requirements(for reference: Reference) -> [Requirement] {
        for scope in Self.scopes(of: reference) {
            if let found = scopes[scope] { return found }
        }
        return scopes[""] ?? fallback
    }

    /// Whether all of its keys can be used.
    /// - Throws: `SignatureError` naming the key that cannot.
    public func checkKeys(by workers: ImageWorkers) async throws {
        let all = fallback + scopes.values.joined()
        let withKeys = all.filter { requirement in
            switch requirement {
            case .sigstoreSigned, .signedBy: true
            case .insecureAcceptAnything, .reject, .unsupported: false
            }
        }
        if withKeys.isEmpty { return }
        try await workers.lease { try await $0.checkKeys(withKeys) }
    }

    /// containers-policy.json(5), "docker:": the name, the repository, each namespace above it, the
    /// host, and `*.` before each domain above the host.
    static func scopes(of reference: Reference) -> [String] {
        var scopes = [reference.description, reference.repository]
        var name = reference.repository[...]
        while let (parent, _) = name.cutLast(at: "/") {
            name = parent
            scopes.append(String(name))
        }
        while let (_, domain) = name.cut(at: ".") {
            name = domain
            scopes.append("*.\(name)")
        }
        return scopes
    }

    /// What can be said before the registry is asked.
    /// - Throws: `SignatureError`.
    func checkName(_ reference: Reference) throws(SignatureError) {
        for requirement in requirements(for: reference) {
            switch requirement {
            case .reject: throw SignatureError("\(source) rejects \(reference)")
            case .unsupported(let what):
                throw SignatureError("\(source): \(what) is not supported, so it is refused")
            case .insecureAcceptAnything, .sigstoreSigned, .signedBy: continue
            }
        }
        // containers-policy.json(5): an empty list is a mistake and never a permission.
        if requirements(for: reference).isEmpty {
            throw SignatureError("\(source): no requirement")
        }
    }
}
