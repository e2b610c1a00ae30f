import Model
import Store
import Testing

@Suite struct StoreTests {
    private let place = Place()

    @Test func whatIsSavedIsThereAfterReopening() async throws {
        let sandbox = SandboxRow(
            id: "s1", phase: "ready", handler: "crun", config: [1, 2], status: [3])
        let container = ContainerRow(
            id: "c1", sandbox: "s1", phase: "running", layers: ["l1", "l2"], config: [4],
            status: [5])
        do {
            let store = try place.open()
            try await store.save(sandbox)
            try await store.save(container)
        }
        let store = try place.open()
        #expect(try await store.sandboxes() == [sandbox])
        #expect(try await store.containers() == [container])
    }

    @Test func savingAgainReplaces() async throws {
        let store = try place.open()
        var row = SandboxRow(id: "s1", phase: "creating", handler: "runc", config: [], status: [])
        try await store.save(row)
        row.phase = "ready"
        try await store.save(row)
        #expect(try await store.sandboxes() == [row])
        try await store.removeSandbox("s1")
        #expect(try await store.sandboxes().isEmpty)
    }

    @Test func aContainerNeedsItsSandbox() async throws {
        let store = try place.open()
        let orphan = ContainerRow(
            id: "c", sandbox: "gone", phase: "x", layers: [], config: [], status: [])
        await #expect(throws: GantryError.self) { try await store.save(orphan) }
        #expect(try await store.containers().isEmpty)
    }

    @Test func containersThatAreLeftGoWithTheirSandbox() async throws {
        let store = try place.open()
        try await store.save(
            SandboxRow(id: "s", phase: "stopped", handler: "runc", config: [], status: []))
        try await store.save(
            ContainerRow(id: "c", sandbox: "s", phase: "x", layers: [], config: [], status: []))
        try await store.removeSandbox("s")
        #expect(try await store.containers().isEmpty)
    }

    @Test func layersKeepTheirOrderAndGoWithTheirImage() async throws {
        let store = try place.open()
        let layers = ["b", "a", "c"].map { ImageRow.Layer(chain: $0, bytes: 10, inodes: 2) }
        let image = ImageRow(id: "sha256:1", message: [1], config: [2], layers: layers)
        try await store.changeImages { [image] }
        try await store.changeImages { [image] }
        #expect(try await store.images() == [image])
        try await store.removeImage("sha256:1")
        #expect(try await store.images().isEmpty)
    }
}
