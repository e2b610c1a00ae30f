internal import Archive
internal import Model

/// A reference cut into its parts and checked against the grammar, with nothing completed: whether
/// a registry was named decides if short-name aliases and search registries apply.
struct ReferenceParts {
    var domain: String?
    var path: String
    var tag: String?
    var digest: Digest?

    /// distribution/reference: the most bytes that registry and repository may have together.
    private static let longest = 255

    init(_ text: String) throws(GantryError) {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(parsing: String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        if let slash = rest.firstIndex(of: "/"), Self.isDomain(rest[..<slash]) {
            domain = Self.canonical(rest[..<slash])
            rest = rest[rest.index(after: slash)...]
        }
        path = String(rest)
        try check(text)
    }

    /// A first component is a registry when it looks like a host: a dot, a port, or `localhost`.
    private static func isDomain(_ first: Substring) -> Bool {
        first == "localhost" || first.contains(".") || first.contains(":")
            || first.contains(where: \.isUppercase)
    }

    private static func canonical(_ domain: Substring) -> String {
        domain == "index.docker.io" ? Reference.defaultDomain : String(domain)
    }

    private func check(_ text: String) throws(GantryError) {
        func refuse(_ why: String) -> GantryError {
            GantryError(.invalidArgument, "image reference \"\(text)\": \(why)")
        }
        if path.isEmpty { throw refuse("the repository is empty") }
        let isBare = tag == nil && digest == nil && domain == nil
        if path == "sha256" || (isBare && ReferenceGrammar.isID(path)) {
            throw refuse("that is an image ID and not a name")
        }
        if path.utf8.count + (domain?.utf8.count ?? 0) > Self.longest {
            throw refuse("registry and repository are longer than \(Self.longest) bytes")
        }
        if path.contains(where: \.isUppercase) { throw refuse("the repository must be lower case") }
        guard ReferenceGrammar.isPath(path) else { throw refuse("\"\(path)\" is not a repository") }
        if let domain, !ReferenceGrammar.isDomain(domain) {
            throw refuse("\"\(domain)\" is not a registry's host")
        }
        if let tag, !ReferenceGrammar.isTag(tag) { throw refuse("\"\(tag)\" is not a tag") }
    }
}
