internal import Image
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Synchronization
internal import System
internal import Text

/// What was found to be signed when it was pulled: a file for each image, a line for each mark
/// (`PulledImage.verified`). An ID stands for content, so what was found of it holds for whoever has it.
final class VerifiedImages: Sendable {
    private let directory: String
    private let lock = Mutex(())

    init(directory: String) {
        self.directory = directory
    }

    private func path(_ id: String) -> String {
        "\(directory)/\(id.split(at: ":").joined(separator: "-"))"
    }

    func marks(of id: String) async throws -> Set<String> {
        try await Blocking.run { try self.read(id) }
    }

    /// Adds to those that there are.
    func note(_ marks: Set<String>, of id: String) async throws {
        if marks.isEmpty { return }
        try await Blocking.run {
            try self.lock.withLock { _ in
                let lines = try self.read(id).union(marks).sorted().map { $0 + "\n" }
                try Files.replace(self.path(id), with: Array(lines.joined().utf8))
            }
        }
    }

    func forget(_ id: String) async throws {
        try await Blocking.run { try Files.remove(self.path(id)) }
    }

    private func read(_ id: String) throws -> Set<String> {
        guard Files.exists(path(id)) else { return [] }
        return Set(try Files.readText(path(id)).split(at: "\n").map(String.init))
    }
}

extension Node {
    /// An image that can be mounted, and that the signature policy of the pod's namespace lets in.
    /// - Throws: as `usableImage(_:)`; `permissionDenied`.
    func usableImage(_ spec: ImageSpec?, in sandbox: Sandbox) async throws -> ImageRecord {
        let spec = spec ?? ImageSpec()
        let image = try await usableImage(spec.image)
        let namespace = sandbox.config.metadata?.namespace ?? ""
        let policy = try await Blocking.run { [settings] in
            try SignaturePolicy.load(settings, namespace: namespace)
        }
        guard policy != .acceptAnything else { return image }
        let verified = try await images.verified.marks(of: image.id)
        let names = try images.names(of: image, asked: spec)
        if names.isEmpty { try policy.checkNameless(image.id) }
        for name in names { try policy.check(name, verified: verified) }
        return image
    }
}

extension ImageCatalog {
    /// By which names a policy is to judge an image: the one that the pod's author has written, or where that
    /// is an ID all that the image has.
    fileprivate func names(of image: ImageRecord, asked spec: ImageSpec) throws -> [Reference] {
        let asked = spec.userSpecifiedImage.isEmpty ? spec.image : spec.userSpecifiedImage
        let meant = (try? candidates(asked)) ?? []
        let known = meant.filter { image.isNamed($0.description) || image.isNamed($0.tagged ?? "") }
        if let name = known.first { return [name] }
        if !meant.isEmpty { return meant }
        return try (image.message.repoTags + image.message.repoDigests).map {
            try Reference.parse($0)
        }
    }
}
