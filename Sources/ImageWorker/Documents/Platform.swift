internal import ImageProtocol
internal import Model

/// An index's `platform` (image-spec, image-index.md), in Go's words.
struct Platform: Sendable, Hashable {
    var architecture: String
    var os: String
    var variant: String?

    /// This machine's.
    static let current = Platform(architecture: machine, os: "linux")

    #if arch(x86_64)
        private static let machine = "amd64"
    #elseif arch(arm64)
        private static let machine = "arm64"
    #else
        #error("name this architecture as Go's GOARCH does")
    #endif

    /// How well content of another platform runs here: the lowest number is the best, nil is not at
    /// all. Variants above the architecture's first one need processors that may not be this one.
    func rank(_ other: Platform) -> Int? {
        guard other.os == os, other.architecture == architecture else { return nil }
        let variants = architecture == "arm64" ? ["v8", ""] : ["", "v1"]
        return variants.firstIndex(of: other.variant ?? "")
    }

    /// Whether content may be for this machine: what is not said of it may be anything.
    func mayBe(_ other: Platform) -> Bool {
        var other = other
        if other.os.isEmpty { other.os = os }
        if other.architecture.isEmpty { other.architecture = architecture }
        return rank(other) != nil
    }

    /// What to pull of an index.
    enum Choice {
        case one(Content)
        /// One of these, as their configurations say.
        case oneOf([Content])
    }

    /// - Throws: `GantryError` (`notFound`), naming the platforms that there are.
    func choose(_ contents: [Content]) throws -> Choice {
        let ranked = contents.compactMap { content in
            content.platform.flatMap { rank($0) }.map { (content: content, rank: $0) }
        }
        if let best = ranked.min(by: { $0.rank < $1.rank }) { return .one(best.content) }
        let possible = contents.filter { content in
            !content.isAttestation && content.platform.map { mayBe($0) } ?? true
        }
        if possible.isEmpty { throw missing(in: contents) }
        // An index need not name platforms; then there is nothing to choose by.
        if contents.count == 1, possible[0].platform == nil { return .one(possible[0]) }
        return .oneOf(possible)
    }

    func missing(in contents: [Content]) -> GantryError {
        let there = contents.prefix(20).compactMap(\.platform).map(\.description)
        return GantryError(
            .notFound,
            "no image for \(self) in the index, which has: \(there.joined(separator: ", "))")
    }
}

extension Content {
    /// What docker files beside an image: where it came from (in-toto), and no image.
    fileprivate var isAttestation: Bool { annotations["vnd.docker.reference.type"] != nil }
}

extension Platform: CustomStringConvertible {
    var description: String {
        "\(os)/\(architecture)" + (variant.map { $0.isEmpty ? "" : "/\($0)" } ?? "")
    }
}

extension ConfigDocument {
    var platform: Platform { Platform(architecture: architecture, os: os, variant: variant) }
}
