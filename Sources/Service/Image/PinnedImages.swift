internal import Glibc
internal import Model
internal import Text

/// Images that the kubelet's garbage collection and `gantry image prune` spare, since they are hard to
/// get again: those whose names match a glob of `pinned_images` (CRI, `Image.pinned`).
struct PinnedImages {
    private let patterns: [String]

    init(_ patterns: [String]) {
        self.patterns = patterns
    }

    /// As clients see it.
    func shown(_ image: Model.Image) -> Model.Image {
        if image.pinned || patterns.isEmpty { return image }
        var image = image
        image.pinned = (image.repoTags + image.repoDigests).contains(where: matches)
        return image
    }

    /// `*` stands for any text, slashes among it (fnmatch(3)).
    private func matches(_ name: String) -> Bool {
        patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}

extension Node {
    var pinnedImages: PinnedImages { PinnedImages(settings.pinnedImages) }
}
