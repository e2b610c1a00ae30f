internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text
internal import YAML

/// Where the GPG signatures of a registry's images are, which are kept beside it:
/// containers-registries.d(5).
struct Lookaside: Sendable {
    /// By scope, as in a policy; the URL without its last slash.
    private var scopes: [String: String] = [:]
    private var fallback: String?

    /// What counts when no file says anything (containers-registries.d(5)).
    private static let builtIn = "file:///var/lib/containers/sigstore"

    init() {}

    /// Reads every `*.yaml` of a directory, which may be absent.
    /// - Throws: `GantryError` (`invalidArgument`) naming file and key.
    init(directory: String) throws {
        guard !directory.isEmpty, Files.exists(directory) else { return }
        for name in try Files.list(directory) where name.ends(with: ".yaml") {
            let path = "\(directory)/\(name)"
            do {
                try add(try YAMLDocument.parse(try Files.read(path)))
            } catch {
                throw GantryError(path, from: error)
            }
        }
    }

    /// The URL below which an image's signatures are, as containers-signature(5) has it.
    func base(for reference: Reference) -> String {
        SignaturePolicy.scopes(of: reference).lazy.compactMap { scopes[$0] }.first
            ?? fallback ?? Self.builtIn
    }

    /// The directory that a URL names; nil for one that is not of this node, or not there.
    static func directory(of url: String) throws(SystemError) -> OpenFile? {
        let scheme = "file://"
        guard let path = url.removing(prefix: scheme) else { return nil }
        do throws(SystemError) {
            return try OpenFile(apart: String(path), isReadOnly: true)
        } catch {
            if [ENOENT, ENOTDIR].contains(error.errno) { return nil }
            throw error
        }
    }

    mutating func add(_ document: JSONValue) throws(GantryError) {
        if let value = document["default-docker"], let url = try Self.url(value, "default-docker") {
            guard fallback == nil else { throw Self.error("default-docker", "is there twice") }
            fallback = url
        }
        for (scope, value) in document["docker"]?.object ?? [:] {
            guard let url = try Self.url(value, "docker.\(scope)") else { continue }
            guard scopes.updateValue(url, forKey: scope) == nil else {
                throw Self.error("docker.\(scope)", "is there twice")
            }
        }
    }

    /// `sigstore` is the older name, from before a project of that name.
    private static func url(_ value: JSONValue, _ key: String) throws(GantryError) -> String? {
        guard let text = value["lookaside"] ?? value["sigstore"] else { return nil }
        let schemes = ["file:///", "http://", "https://"]
        guard let url = text.string, schemes.contains(where: { url.begins(with: $0) }) else {
            throw error(key, "want a URL of file, http or https")
        }
        return String(url.removing(suffix: "/") ?? url[...])
    }

    private static func error(_ key: String, _ what: String) -> GantryError {
        GantryError(.invalidArgument, "\(key): \(what)")
    }
}
