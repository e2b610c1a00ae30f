import Foundation
import Model
import Store
import Testing

@Suite struct DamageTests {
    private let place = Place()
    private let pod = SandboxRow(
        id: "s1", phase: "ready", handler: "crun", config: [1, 2], status: [3])
    private let container = ContainerRow(
        id: "c1", sandbox: "s1", phase: "running", layers: ["l1", "l2"], config: [4], status: [])
    private let image = ImageRow(
        id: "sha256:1", message: [1], config: [2],
        layers: [ImageRow.Layer(chain: "sha256:a", bytes: 10, inodes: 2)])

    private func fill() async throws {
        let store = try place.open()
        try await store.save(pod)
        try await store.save(container)
        try await store.changeImages { [image] }
    }

    /// How a database can be damaged.
    enum Damage: CaseIterable {
        case garbage, empty, truncated, torn, garbageLog, gone

        func apply(to place: Place) throws {
            switch self {
            case .garbage: try Data(repeating: 0x55, count: 8192).write(to: place.database)
            case .empty: try Data().write(to: place.database)
            case .truncated:
                try Data(contentsOf: place.database).prefix(5000).write(to: place.database)
            case .torn:
                var content = try Data(contentsOf: place.database)
                content.replaceSubrange(4096..<12288, with: Data(repeating: 0xa5, count: 8192))
                try content.write(to: place.database)
            case .garbageLog: try Data(repeating: 0x55, count: 4152).write(to: place.log)
            case .gone: try FileManager.default.removeItem(at: place.database)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func everythingIsTakenFromTheRecords(_ damage: Damage) async throws {
        try await fill()
        try damage.apply(to: place)
        let store = try place.open()
        #expect(try await store.sandboxes() == [pod])
        #expect(try await store.containers() == [container])
        #expect(try await store.images() == [image])
        let condition = store.condition
        let recovered: [Int] = [condition.pods, condition.containers, condition.images]
        #expect(recovered.allSatisfy { $0 == 1 })
        let isGone = damage == .gone
        let nothingKept = try place.setAside.isEmpty
        #expect((condition.damage == nil) == isGone)
        #expect(nothingKept == isGone)
    }

    @Test func theDamagedFileIsKeptAsItWas() async throws {
        try await fill()
        try Damage.garbage.apply(to: place)
        let aside = try #require(try place.open().condition.setAside)
        #expect(aside.hasPrefix("\(place.root)/gantry.db.damaged-2"))
        let kept = try Data(contentsOf: URL(fileURLWithPath: aside))
        #expect(kept.count == 8192 && kept.allSatisfy { $0 == 0x55 })
    }

    @Test func afterARebootImagesAreLeft() async throws {
        try await fill()
        try Damage.garbage.apply(to: place)
        try place.reboot()
        let store = try place.open()
        #expect(try await store.images() == [image])
        #expect(try await store.sandboxes().isEmpty)
    }

    @Test func aSoundDatabaseStaysAsItIs() async throws {
        try await fill()
        #expect(try place.open().condition == StoreCondition())
        try place.reboot()
        let store = try place.open()
        #expect(store.condition == StoreCondition())
        #expect(try await store.containers() == [container])
    }

    @Test func whatWasRemovedStaysAway() async throws {
        try await fill()
        let store = try place.open()
        try await store.removeContainer("c1")
        try await store.removeSandbox("s1")
        try await store.removeImage("sha256:1")
        try Damage.gone.apply(to: place)
        let again = try place.open()
        #expect(try await again.sandboxes().isEmpty)
        #expect(try await again.images().isEmpty)
    }

    /// A log that lost its end leaves rows as they were: the record knows better.
    @Test func ofAPodTheRecordIsTheNewerOne() async throws {
        try await fill()
        let changed = SandboxRow(
            id: pod.id, phase: "stopped", handler: pod.handler, config: pod.config,
            status: pod.status)
        let old = try Data(contentsOf: place.database)
        try await place.open().save(changed)
        try old.write(to: place.database)
        try? FileManager.default.removeItem(at: place.log)
        let store = try place.open()
        #expect(try await store.sandboxes() == [changed])
        #expect(store.condition.pods == 1)
    }

    @Test func aTornRecordIsAsGoodAsNone() async throws {
        try await fill()
        try Damage.gone.apply(to: place)
        let record = URL(fileURLWithPath: "\(place.runRoot)/records/sandbox/s1.record")
        try Data(contentsOf: record).prefix(20).write(to: record)
        let store = try place.open()
        #expect(try await store.sandboxes().isEmpty)
        #expect(try await store.containers().isEmpty)
        #expect(try await store.images() == [image])
    }

    @Test func whatAKilledDaemonWasWritingIsRemoved() async throws {
        try await fill()
        let unfinished = "\(place.runRoot)/records/sandbox/s1.record.17.tmp"
        try Data("{".utf8).write(to: URL(fileURLWithPath: unfinished))
        _ = try place.open()
        #expect(!FileManager.default.fileExists(atPath: unfinished))
    }

    @Test func whatANewerGantryWroteIsRefusedAndLeftAlone() async throws {
        try await fill()
        try place.execute("INSERT INTO grdb_migrations VALUES ('9: of the future')")
        let error = #expect(throws: GantryError.self) { try place.open() }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("9: of the future") == true)
        #expect(try place.setAside.isEmpty)
    }

    @Test func aMissingTableIsDamage() async throws {
        try await fill()
        try place.execute("DROP TABLE image_layer")
        let store = try place.open()
        #expect(store.condition.damage?.contains("image_layer") == true)
        #expect(try await store.images() == [image])
    }
}
