internal import Glibc
internal import Model
internal import Text

/// Images that the kubelet's garbage collection and `gantry image prune` spare, since they are hard to
/// get again, or mounted: those whose names match a glob of `pinned_images` (CRI, `Image.pinned`).
struct PinnedImages {
    private let patterns: [String]
    private let mounted: Set<String>

    init(_ patterns: [String], mounted: Set<String> = []) {
        self.patterns = patterns
        self.mounted = mounted
    }

    /// As clients see it.
    func shown(_ image: Model.Image) -> Model.Image {
        if image.pinned || (patterns.isEmpty && mounted.isEmpty) { return image }
        var image = image
        image.pinned = mounted.contains(image.id) || hasPattern(for: image)
        return image
    }

    func hasPattern(for image: Model.Image) -> Bool {
        (image.repoTags + image.repoDigests).contains(where: matches)
    }

    /// `*` stands for any text, slashes among it (fnmatch(3)).
    private func matches(_ name: String) -> Bool {
        patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}

extension Node {
    var pinnedImages: PinnedImages {
        PinnedImages(settings.pinnedImages, mounted: imageMounts.ids)
    }
}
