internal import Image
internal import ImageProtocol
internal import Model
internal import Store
internal import Synchronization
internal import Text

/// The images that are here, by ID and by every name that they go by.
final class ImageCatalog: Sendable {
    private let store: Store
    /// The whole names that a short one may stand for.
    let candidates: @Sendable (String) throws -> [Reference]
    let verified: VerifiedImages
    private let records: Mutex<[String: ImageRecord]>

    init(
        _ store: Store, verified: VerifiedImages,
        candidates: @escaping @Sendable (String) throws -> [Reference]
    ) async throws {
        self.store = store
        self.verified = verified
        self.candidates = candidates
        let loaded = try await store.images().map { ($0.id, try ImageRecord($0)) }
        records = Mutex(Dictionary(uniqueKeysWithValues: loaded))
    }

    var all: [ImageRecord] { records.withLock { Array($0.values) } }

    /// The image that `name` means: an ID with or without `sha256:`, a unique prefix of one, a tag
    /// or a digest.
    func find(_ name: String) throws -> ImageRecord? {
        guard !name.isEmpty else { throw GantryError(.invalidArgument, "the image name is empty") }
        let images = records.withLock { $0 }
        if let image = images[name] ?? images["sha256:\(name)"] { return image }
        return try named(name, images)?.image ?? byPrefix(name, images)
    }

    /// The image that has this very name, a tag or a digest, and how it is written out in full.
    func named(_ name: String) -> (image: ImageRecord, name: String)? {
        named(name, records.withLock { $0 })
    }

    private func named(
        _ name: String, _ images: [String: ImageRecord]
    ) -> (image: ImageRecord, name: String)? {
        for reference in (try? candidates(name)) ?? [] {
            let wanted = reference.digest.map(reference.pinned(to:)) ?? reference.description
            if let image = images.values.first(where: { $0.isNamed(wanted) }) {
                return (image, wanted)
            }
        }
        return nil
    }

    /// - Throws: `notFound` when it is not here.
    func get(_ name: String) throws -> ImageRecord {
        guard let image = try find(name) else {
            throw GantryError(.notFound, "image \(name) is not here")
        }
        return image
    }

    /// Prefixes under eight digits could as well be words.
    private func byPrefix(_ name: String, _ images: [String: ImageRecord]) throws -> ImageRecord? {
        guard name.utf8.count >= 8, name.utf8.allSatisfy(\.isHexDigit) else { return nil }
        let found = images.values.filter { $0.id.begins(with: "sha256:\(name)") }
        guard found.count < 2 else {
            throw GantryError(.invalidArgument, "image: the image ID \(name) is ambiguous")
        }
        return found.first
    }

    /// Adds an image under the names that it was pulled by. A tag that another image had moves.
    ///
    /// What changes is found out inside the transaction, which is one after the other.
    func add(_ image: ImageRecord, tag: String?, digest: String?) async throws {
        try await store.changeImages {
            let changed = self.records.withLock { records in
                var added = records[image.id] ?? image
                added.message.repoTags.insertOnce(tag)
                added.message.repoDigests.insertOnce(digest)
                let changed = [added] + self.losing(tag, records, except: image.id)
                for image in changed { records[image.id] = image }
                return changed
            }
            return try changed.map { try $0.row() }
        }
    }

    /// Changes an image that is here.
    /// - Parameter tag: a name that it has afterwards, and any other image no longer.
    /// - Throws: `notFound` when it was removed meanwhile.
    func change(
        _ id: String, gaining tag: String? = nil,
        _ change: @escaping @Sendable (inout Model.Image) -> Void = { _ in }
    ) async throws {
        try await store.changeImages {
            let changed = try self.records.withLock { records in
                guard var image = records[id] else {
                    throw GantryError(.notFound, "image \(id) is not here")
                }
                change(&image.message)
                image.message.repoTags.insertOnce(tag)
                let changed = [image] + self.losing(tag, records, except: id)
                for image in changed { records[image.id] = image }
                return changed
            }
            return try changed.map { try $0.row() }
        }
    }

    private func losing(
        _ tag: String?, _ records: [String: ImageRecord], except id: String
    ) -> [ImageRecord] {
        guard let tag else { return [] }
        return records.values.filter { $0.id != id && $0.message.repoTags.contains(tag) }.map {
            var image = $0
            image.message.repoTags.removeAll { $0 == tag }
            return image
        }
    }

    func remove(_ id: String) async throws {
        try await store.removeImage(id)
        try await verified.forget(id)
        records.withLock { _ = $0.removeValue(forKey: id) }
    }
}

extension [String] {
    fileprivate mutating func insertOnce(_ element: String?) {
        guard let element, !contains(element) else { return }
        append(element)
    }
}
