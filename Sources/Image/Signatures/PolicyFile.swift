internal import FoundationEssentials
internal import ImageProtocol
internal import Kernel
internal import Model

/// Reads a policy.json. A key that is not known is an error: a misspelt one must not let images in.
struct PolicyFile {
    let path: String

    func policy(_ bytes: [UInt8]) throws -> SignaturePolicy {
        guard let document = try? JSONValue(parsing: bytes) else {
            throw error("", "this is not JSON")
        }
        let top = try members(document, "", ["default", "transports"])
        guard let fallback = top["default"] else { throw error("default", "is missing") }
        var policy = SignaturePolicy(
            fallback: try requirements(fallback, "default"), source: path)
        // Other transports are not a registry's.
        for (scope, list) in (top["transports"]?["docker"]?.object ?? [:]) {
            policy.scopes[scope] = try requirements(list, "transports.docker.\(scope)")
        }
        return policy
    }

    private func requirements(
        _ value: JSONValue, _ key: String
    ) throws -> [SignaturePolicy.Requirement] {
        guard let list = value.array, !list.isEmpty else {
            throw error(key, "want a list of one requirement at least")
        }
        return try list.map { try requirement($0, key) }
    }

    private func requirement(
        _ value: JSONValue, _ key: String
    ) throws -> SignaturePolicy.Requirement {
        switch value["type"]?.string {
        case "insecureAcceptAnything":
            _ = try members(value, key, ["type"])
            return .insecureAcceptAnything
        case "reject":
            _ = try members(value, key, ["type"])
            return .reject
        case "signedBy": return try signedBy(value, key)
        case "sigstoreSigned": return try sigstore(value, key)
        case let type: throw error(key, "the type \(type ?? "") is not known")
        }
    }

    private func sigstore(
        _ value: JSONValue, _ key: String
    ) throws -> SignaturePolicy.Requirement {
        let unsupported =
            ["fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths"]
            + ["rekorPublicKeyData", "rekorPublicKeyDatas"]
        let sources = ["keyPath", "keyPaths", "keyData", "keyDatas"]
        let known = Set(sources + unsupported + ["type", "signedIdentity"])
        let members = try members(value, key, known)
        if let other = unsupported.first(where: { members[$0] != nil }) {
            return .unsupported("sigstoreSigned by \(other)")
        }
        let keys = try keys(members, sources, key, KeyShape.checkPEM)
        return .sigstoreSigned(keys, try identity(members["signedIdentity"], key))
    }

    func identity(_ value: JSONValue?, _ key: String) throws -> SignedIdentity {
        guard let value else { return .matchRepoDigestOrExact }
        let key = "\(key).signedIdentity"
        let fields = ["dockerReference", "dockerRepository", "prefix", "signedPrefix"]
        let members = try members(value, key, Set(fields + ["type"]))
        let field = { (name: String) in try text(members[name] ?? .null, "\(key).\(name)") }
        switch members["type"]?.string {
        case "matchExact": return .matchExact
        case "matchRepoDigestOrExact": return .matchRepoDigestOrExact
        case "matchRepository": return .matchRepository
        case "exactReference": return .exactReference(try field("dockerReference"))
        case "exactRepository": return .exactRepository(try field("dockerRepository"))
        case "remapIdentity":
            return .remapIdentity(
                prefix: try field("prefix"), signedPrefix: try field("signedPrefix"))
        case let type: throw error(key, "the type \(type ?? "") is not known")
        }
    }

    func members(
        _ value: JSONValue, _ key: String, _ known: Set<String>
    ) throws -> [String: JSONValue] {
        guard let members = value.object else { throw error(key, "want an object") }
        if let other = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw error(key.isEmpty ? other : "\(key).\(other)", "this key is not known")
        }
        return members
    }

    func text(_ value: JSONValue, _ key: String) throws -> String {
        guard let text = value.string else { throw error(key, "want a string") }
        return text
    }

    func error(_ key: String, _ what: String) -> GantryError {
        GantryError(.invalidArgument, "\(path): \(key): \(what)")
    }
}
