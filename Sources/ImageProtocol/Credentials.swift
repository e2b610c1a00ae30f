internal import FoundationEssentials
public import Model
internal import Text

/// What a registry may be told about who asks. Never printed: the description says the kind alone.
public enum Credentials: Hashable, Sendable {
    case none
    case basic(user: String, password: String)
    /// A refresh token (docker's `identitytoken`), exchanged for access tokens.
    case identityToken(String)
    /// A bearer token that is sent as it is.
    case registryToken(String)

    /// Reads the CRI's `AuthConfig`, whose fields are alternatives; empty ones are not given.
    ///
    /// - Parameters:
    ///   - auth: base64 of `user:password`, as docker's config.json has it.
    ///   - serverAddress: the registry they are for. For another one they are not used.
    /// - Throws: `GantryError` (`invalidArgument`) when `auth` is not of that form, or a token can be in no
    ///   header.
    public init(
        username: String = "", password: String = "", auth: String = "",
        serverAddress: String = "", identityToken: String = "", registryToken: String = "",
        for reference: Reference
    ) throws {
        if !serverAddress.isEmpty, !Self.names(serverAddress, reference.domain) {
            self = .none
            return
        }
        try self.init(
            username: username, password: password, auth: auth, identityToken: identityToken,
            registryToken: registryToken)
    }

    public init(
        username: String, password: String, auth: String, identityToken: String,
        registryToken: String
    ) throws(GantryError) {
        if !registryToken.isEmpty {
            guard registryToken.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw GantryError(
                    .invalidArgument, "registry_token has bytes that no header may have")
            }
            self = .registryToken(registryToken)
        } else if !identityToken.isEmpty {
            self = .identityToken(identityToken)
        } else if !username.isEmpty {
            self = .basic(user: username, password: password)
        } else if !auth.isEmpty {
            self = try Self.decoded(auth)
        } else {
            self = .none
        }
    }

    private static func decoded(_ auth: String) throws(GantryError) -> Credentials {
        // docker pads short passwords with zero bytes.
        guard let data = Data(base64Encoded: auth),
            let text = String(validating: data.filter { $0 != 0 }, as: UTF8.self),
            let (user, password) = text.cut(at: ":")
        else {
            throw GantryError(.invalidArgument, "auth is not base64 of user:password")
        }
        return .basic(user: String(user), password: String(password))
    }

    /// Whether a server address, with or without scheme and path, is that registry's.
    private static func names(_ address: String, _ domain: String) -> Bool {
        var host = address[...]
        for scheme in ["https://", "http://"] { host = host.removing(prefix: scheme) ?? host }
        host = host.head(before: "/")
        let isDockerHub = ["index.docker.io", "registry-1.docker.io", "docker.io"].contains(host)
        return isDockerHub ? domain == Reference.defaultDomain : host == domain
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        switch self {
        case .none: "no credentials"
        case .basic: "a user and a password"
        case .identityToken: "an identity token"
        case .registryToken: "a registry token"
        }
    }

    public var debugDescription: String { description }
}

extension Credentials {
    func put(into wire: inout WireWriter) {
        switch self {
        case .none: wire.put(0)
        case .basic(let user, let password):
            wire.put(1)
            wire.put(user)
            wire.put(password)
        case .identityToken(let token):
            wire.put(2)
            wire.put(token)
        case .registryToken(let token):
            wire.put(3)
            wire.put(token)
        }
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        switch try wire.integer() {
        case 0: self = .none
        case 1: self = .basic(user: try wire.text(), password: try wire.text())
        case 2: self = .identityToken(try wire.text())
        case 3: self = .registryToken(try wire.text())
        case let other: throw WireReader.malformed("the credentials \(other) are unknown")
        }
    }
}
