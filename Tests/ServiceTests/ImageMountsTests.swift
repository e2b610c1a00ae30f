import Testing

@testable import Service

/// The mount table says which images are mounted, and where.
struct ImageMountsTests {
    @Test func mountsOfImagesAreFound() {
        let table = """
            22 1 8:1 / / rw - ext4 /dev/sda rw
            30 22 0:40 / /mnt/a\\040place ro,nosuid shared:7 - overlay gantry-image:sha256:aa ro,lowerdir=/x
            31 22 0:41 / /mnt/other rw - overlay overlay rw,lowerdir=/x
            32 22 0:42 / /mnt/tmp rw - tmpfs gantry-image:sha256:bb rw
            33 22 0:43 /sub /mnt/bound ro - overlay gantry-image:sha256:cc ro

            """
        #expect(
            ImageMounts.entries(table) == [
                .init(image: "sha256:aa", path: "/mnt/a place"),
                .init(image: "sha256:cc", path: "/mnt/bound"),
            ])
    }

    @Test(arguments: [
        "", "\n", "22 1 8:1 / / rw", "1 2 3 4 - overlay gantry-image:x", "a b c d e f - overlay",
    ])
    func whatIsNoTableHasNone(_ table: String) {
        #expect(ImageMounts.entries(table).isEmpty)
    }

    @Test func anImageThatIsBeingRemovedIsNotMounted() async throws {
        let mounts = ImageMounts()
        try await mounts.beginRemoval(of: "sha256:aa")
        await #expect(throws: (any Error).self) { try await mounts.mount("sha256:aa") {} }
        mounts.endRemoval(of: "sha256:aa")
        try await mounts.mount("sha256:aa") {}
        try await mounts.beginRemoval(of: "sha256:aa")
    }
}
