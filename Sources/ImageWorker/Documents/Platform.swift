internal import Model

/// An index's `platform` (image-spec, image-index.md), in Go's words.
struct Platform: Sendable, Hashable, Codable {
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

    /// The entry of an index to pull.
    /// - Throws: `GantryError` (`notFound`), naming the platforms that there are.
    func choose(_ contents: [Content]) throws -> Content {
        let ranked = contents.compactMap { content in
            content.platform.flatMap { rank($0) }.map { (content: content, rank: $0) }
        }
        if let best = ranked.min(by: { $0.rank < $1.rank }) { return best.content }
        // An index need not name platforms; then there is nothing to choose by.
        if contents.count == 1, let only = contents.first, only.platform == nil { return only }
        let there = contents.compactMap(\.platform).map(\.description).joined(separator: ", ")
        throw GantryError(.notFound, "no image for \(self) in the index, which has: \(there)")
    }
}

extension Platform: CustomStringConvertible {
    var description: String {
        "\(os)/\(architecture)" + (variant.map { $0.isEmpty ? "" : "/\($0)" } ?? "")
    }
}
