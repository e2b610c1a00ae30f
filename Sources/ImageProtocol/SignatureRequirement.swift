internal import Model

/// What an image must satisfy (containers-policy.json(5)).
public enum SignatureRequirement: Hashable, Sendable {
    /// A key as a policy names it. What is in it is looked at by who checks signatures.
    public struct Key: Hashable, Sendable {
        /// The file, or where in the policy it stands.
        public let name: String
        public let content: [UInt8]

        public init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }
    }

    case insecureAcceptAnything
    case reject
    /// A signature of one of the keys under a name that fits.
    case sigstoreSigned([Key], SignedIdentity)
    /// The same with GPG.
    case signedBy([Key], SignedIdentity)
    /// What Gantry cannot check, and therefore refuses.
    case unsupported(String)
}

extension SignatureRequirement {
    func put(into wire: inout WireWriter) {
        switch self {
        case .insecureAcceptAnything: wire.put(0)
        case .reject: wire.put(1)
        case .sigstoreSigned(let keys, let identity):
            wire.put(2)
            Self.put(keys, identity, into: &wire)
        case .signedBy(let keys, let identity):
            wire.put(3)
            Self.put(keys, identity, into: &wire)
        case .unsupported(let what):
            wire.put(4)
            wire.put(what)
        }
    }

    private static func put(
        _ keys: [Key], _ identity: SignedIdentity, into wire: inout WireWriter
    ) {
        wire.put(keys) {
            $0.put($1.name)
            $0.put($1.content)
        }
        identity.put(into: &wire)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        switch try wire.integer() {
        case 0: self = .insecureAcceptAnything
        case 1: self = .reject
        case 2: self = .sigstoreSigned(try Self.keys(&wire), try SignedIdentity(&wire))
        case 3: self = .signedBy(try Self.keys(&wire), try SignedIdentity(&wire))
        case 4: self = .unsupported(try wire.text())
        case let other: throw WireReader.malformed("the requirement \(other) is unknown")
        }
    }

    private static func keys(_ wire: inout WireReader) throws(GantryError) -> [Key] {
        try wire.list { (wire: inout WireReader) throws(GantryError) in
            Key(name: try wire.text(), content: try wire.content())
        }
    }
}

extension SignedIdentity {
    fileprivate func put(into wire: inout WireWriter) {
        switch self {
        case .matchExact: wire.put(0)
        case .matchRepoDigestOrExact: wire.put(1)
        case .matchRepository: wire.put(2)
        case .exactReference(let text):
            wire.put(3)
            wire.put(text)
        case .exactRepository(let text):
            wire.put(4)
            wire.put(text)
        case .remapIdentity(let prefix, let signedPrefix):
            wire.put(5)
            wire.put(prefix)
            wire.put(signedPrefix)
        }
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        switch try wire.integer() {
        case 0: self = .matchExact
        case 1: self = .matchRepoDigestOrExact
        case 2: self = .matchRepository
        case 3: self = .exactReference(try wire.text())
        case 4: self = .exactRepository(try wire.text())
        case 5: self = .remapIdentity(prefix: try wire.text(), signedPrefix: try wire.text())
        case let other: throw WireReader.malformed("the identity \(other) is unknown")
        }
    }
}
