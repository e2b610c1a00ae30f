public import Model
internal import Text

/// A reference cut into its parts and checked against the grammar, with nothing completed: whether
/// a registry was named decides if short-name aliases and search registries apply.
public struct ReferenceParts {
    public var domain: String?
    public var path: String
    public var tag: String?
    public var digest: Digest?

    /// distribution/reference: the most bytes that registry and repository may have together.
    private static let longest = 255

    public init(_ text: String) throws(GantryError) {
        var rest = text[...]
        if let (name, digest) = rest.cut(at: "@") {
            self.digest = try Digest(parsing: String(digest))
            rest = name
        }
        if let (name, tag) = rest.cutLast(at: ":"), !tag.has("/") {
            self.tag = String(tag)
            rest = name
        }
        if let (first, path) = rest.cut(at: "/"), Self.isDomain(first) {
            domain = Self.canonical(first)
            rest = path
        }
        path = String(rest)
        try check(text)
    }

    /// A first component is a registry when it looks like a host: a dot, a port, or `localhost`.
    private static func isDomain(_ first: Substring) -> Bool {
        first == "localhost" || first.has(".") || first.has(":")
            || first.utf8.contains(where: \.isASCIIUpper)
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
        if path.utf8.contains(where: \.isASCIIUpper) {
            throw refuse("the repository must be lower case")
        }
        guard ReferenceGrammar.isPath(path) else { throw refuse("\"\(path)\" is not a repository") }
        if let domain, !ReferenceGrammar.isDomain(domain) {
            throw refuse("\"\(domain)\" is not a registry's host")
        }
        if let tag, !ReferenceGrammar.isTag(tag) { throw refuse("\"\(tag)\" is not a tag") }
    }
}
