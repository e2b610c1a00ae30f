import Glibc
import Kernel
import Model
import Store
import Synchronization
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

    /// Closing any descriptor of a file gives up all POSIX locks that the process has on it, and the next program
    /// that looks at the database takes SQLite's index of the log for nobody's: it cuts it off.
    @Test func sqliteKeepsItsLockOnItsIndex() throws {
        let store = try place.open()
        let index = try Files.open("\(place.root)/gantry.db-shm", O_RDWR)
        // The deadman switch (sqlite.org/walformat.html, 2.3.1), seen by an open file of its own (F_OFD_GETLK).
        var lock = flock(
            l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 128, l_len: 1, l_pid: 0)
        #expect(fcntl(index.raw, 36, &lock) == 0 && lock.l_type == Int16(F_RDLCK))
        withExtendedLifetime(store) {}
    }

    @Test func savingAgainReplaces() async throws {
        let store = try place.open()
        let row = { @Sendable (phase: String) in
            SandboxRow(id: "s1", phase: phase, handler: "runc", config: [], status: [])
        }
        try await store.save(row("creating"))
        try await store.save(row("ready"))
        #expect(try await store.sandboxes() == [row("ready")])
        try await store.removeSandbox("s1")
        #expect(try await store.sandboxes().isEmpty)
    }

    /// A row is made when it is its turn to be saved.
    @Test func ofSavesAtTheSameTimeTheLastHasTheNewestState() async throws {
        let store = try place.open()
        let state = Mutex(0)
        let next = { @Sendable in
            state.withLock { state in
                state += 1
                return SandboxRow(
                    id: "s1", phase: "\(state)", handler: "runc", config: [], status: [])
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { try? await store.save(next()) } }
        }
        #expect(try await store.sandboxes().map(\.phase) == ["100"])
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
