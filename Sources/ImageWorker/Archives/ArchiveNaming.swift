internal import ImageProtocol
internal import Model

/// Gives the images of an archive the names that they go by on this node.
struct ArchiveNaming {
    /// What the caller wants, over what the archive says.
    let given: String?

    /// - Throws: `GantryError` (`invalidArgument`) for an image without a name, and for a name that
    ///   does not fit.
    func name(_ images: [ArchivedImage]) throws -> [ArchivedImage] {
        try images.map { image in
            var named = image
            named.references = try references(of: image, isAlone: images.count == 1)
            return named
        }
    }

    private func references(of image: ArchivedImage, isAlone: Bool) throws -> [Reference] {
        guard let given else { return try Self.own(image.names) }
        let parts = try ReferenceParts(given)
        guard parts.digest == nil else {
            throw GantryError(.invalidArgument, "\(given): a name to import under has no digest")
        }
        let tags = Self.tags(image.names)
        if parts.tag == nil, !tags.isEmpty {
            return try tags.map { try Reference.parse("\(given):\($0)") }
        }
        guard isAlone else {
            throw GantryError(
                .invalidArgument, "the archive has several images, and \(given) can name one alone")
        }
        return [try Reference.parse(given)]
    }

    private static func own(_ names: [ArchivedName]) throws -> [Reference] {
        let whole = names.compactMap { name in
            if case .whole(let reference) = name { reference } else { nil }
        }
        guard whole.isEmpty else { return whole }
        let tags = tags(names).joined(separator: ", ")
        let known = tags.isEmpty ? "" : " but the tag \(tags)"
        throw GantryError(.invalidArgument, "an image has no name\(known): one must be given")
    }

    private static func tags(_ names: [ArchivedName]) -> [String] {
        names.compactMap { name in
            if case .tag(let tag) = name { tag } else { nil }
        }
    }
}
