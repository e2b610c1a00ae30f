import Model
import Testing

@testable import gantry

struct ImageTableTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_250_000, "4.2 MB"),
        (1_234_567_890, "1.2 GB"), (5_000_000_000_000, "5.0 TB"),
    ])
    func sizes(_ bytes: UInt64, _ text: String) {
        #expect(ImageTable.size(bytes) == text)
    }

    @Test func aLineForEachName() {
        let id = "sha256:" + String(repeating: "0123456789", count: 6) + "abcd"
        let images = [
            Model.Image(id: id, repoTags: ["quay.io/b:1", "quay.io/a:1"], size: 1000),
            Model.Image(id: id, repoDigests: ["quay.io/c@sha256:0"], size: 5),
        ]
        #expect(
            ImageTable(images).text == """
                NAME                ID            SIZE
                quay.io/a:1         012345678901  1.0 kB
                quay.io/b:1         012345678901  1.0 kB
                quay.io/c@sha256:0  012345678901  5 B
                """)
    }

    @Test func aBarForEachLayer() {
        let digest = "sha256:" + String(repeating: "0123456789", count: 6) + "abcd"
        let layer = PulledLayer(digest: digest, received: 500, size: 1000)
        let bars = PullBars(PullUnderWay(image: "a", layers: [layer]))
        #expect(
            bars.lines == ["012345678901 [###############...............] 500 B of 1.0 kB"])
        #expect(bars.text(over: 0).hasPrefix("\u{1b}[2K012"))
        #expect(bars.text(over: 2).hasPrefix("\u{1b}[2A"))
    }
}
