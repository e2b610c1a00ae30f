internal import FoundationEssentials
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Text

extension PolicyFile {
    /// By OpenPGP keys, which are called so alone (containers-policy.json(5), "signedBy").
    func signedBy(
        _ value: JSONValue, _ key: String
    ) throws -> SignaturePolicy.Requirement {
        let sources = ["keyPath", "keyPaths", "keyData"]
        let known = Set(sources + ["type", "keyType", "signedIdentity"])
        let members = try members(value, key, known)
        let type = try text(members["keyType"] ?? .null, "\(key).keyType")
        guard type == "GPGKeys" else { return .unsupported("signedBy with \(type)") }
        let keys = try keys(members, sources, key, KeyShape.checkOpenPGP)
        return .signedBy(keys, try identity(members["signedIdentity"], key))
    }

    /// The keys that one of `sources` names.
    func keys(
        _ members: [String: JSONValue], _ sources: [String], _ key: String,
        _ check: ([UInt8]) throws(GantryError) -> Void
    ) throws -> [SignatureRequirement.Key] {
        let given = sources.filter { members[$0] != nil }
        guard let source = given.first, given.count == 1, let value = members[source] else {
            let names = "\(sources.dropLast().joined(separator: ", ")) and \(sources.last ?? "")"
            throw error(key, "want one of \(names)")
        }
        let texts = try (value.array ?? [value]).map { try text($0, "\(key).\(source)") }
        guard !texts.isEmpty else { throw error("\(key).\(source)", "want one key at least") }
        let isFile = source.begins(with: "keyPath")
        return try texts.map { text in
            do {
                let content = try Self.content(text, isFile: isFile)
                try check(content)
                return SignatureRequirement.Key(
                    name: isFile ? text : "\(key).\(source)", content: content)
            } catch let cause {
                throw error("\(key).\(source)", "\(isFile ? "\(text): " : "")\(cause)")
            }
        }
    }

    private static func content(_ text: String, isFile: Bool) throws -> [UInt8] {
        if isFile { return try Files.read(text) }
        guard let data = Data(base64Encoded: text) else {
            throw GantryError(.invalidArgument, "this is not base64")
        }
        return Array(data)
    }
}
