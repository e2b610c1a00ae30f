internal import FoundationEssentials
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text

/// The node's own credentials: containers-auth.json(5), of which docker's config.json is an older
/// form. Those that the kubelet sends with a pull go before them.
struct AuthFile: Sendable {
    private var path = ""
    /// By `HOST[/NAMESPACE…[/REPOSITORY]]`.
    private var entries: [String: Credentials] = [:]

    /// No credentials at all.
    init() {}

    /// - Throws: `GantryError` (`invalidArgument`) that names file and entry, and never what is in it.
    init(path: String) throws {
        guard !path.isEmpty, Files.exists(path) else {
            self.init()
            return
        }
        try self.init(Data(try Files.read(path)), path)
    }

    init(_ bytes: Data, _ path: String) throws {
        self.path = path
        // What the decoder says of a mistake may quote the file, secrets and all.
        guard let document = try? JSONDecoder().decode(Document.self, from: bytes) else {
            throw GantryError(.invalidArgument, "\(path): this is no JSON object with \"auths\"")
        }
        guard (document.credHelpers ?? [:]).isEmpty, (document.credsStore ?? "").isEmpty else {
            throw GantryError(
                .invalidArgument,
                "\(path): credential helpers (credHelpers, credsStore) are not supported: "
                    + "write \"auths\", or configure a credential provider in the kubelet")
        }
        for (key, entry) in document.auths ?? [:] {
            do {
                entries[Self.location(key)] = try entry.credentials()
            } catch {
                throw GantryError(.invalidArgument, "\(path): auths: \(key): \(error.message)")
            }
        }
    }

    /// docker wrote URLs, of which the host alone counts: `https://index.docker.io/v1/`.
    private static func location(_ key: String) -> String {
        var name = key[...]
        for scheme in ["https://", "http://"] {
            if let rest = name.removing(prefix: scheme) { name = rest.head(before: "/") }
        }
        while let shorter = name.removing(suffix: "/") { name = shorter }
        let host = name.head(before: "/")
        let isDockerHub = ["index.docker.io", "registry-1.docker.io"].contains(host)
        return (isDockerHub ? Reference.defaultDomain : String(host)) + name[host.endIndex...]
    }

    /// The credentials of the entry that covers most of `location`, and what it is called.
    func find(_ location: String) -> (source: String, credentials: Credentials)? {
        var name = location[...]
        while true {
            if let found = entries[String(name)] { return ("\(name) in \(path)", found) }
            guard let (parent, _) = name.cutLast(at: "/") else { return nil }
            name = parent
        }
    }

    private struct Document: Decodable {
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private struct Entry: Decodable {
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?

        func credentials() throws(GantryError) -> Credentials {
            try Credentials(
                username: username ?? "", password: password ?? "", auth: auth ?? "",
                identityToken: identitytoken ?? "", registryToken: registrytoken ?? "")
        }
    }
}
