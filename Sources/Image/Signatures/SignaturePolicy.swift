internal import Archive
internal import Kernel
internal import Model
internal import OpenPGP
internal import Text

/// Which images may be pulled: containers-policy.json(5), as far as it speaks of registries.
public struct SignaturePolicy: Hashable, Sendable {
    /// What an image must satisfy; all of a list must hold.
    enum Requirement: Hashable, Sendable {
        case insecureAcceptAnything
        case reject
        /// A signature of one of the keys under a name that fits.
        case sigstoreSigned([PublicKey], SignedIdentity)
        /// The same with GPG.
        case signedBy(Keyring, SignedIdentity)
        /// What Gantry cannot check, and therefore refuses.
        case unsupported(String)
    }

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

/// An image that the policy does not let in.
struct SignatureError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
