import Foundation
import Testing

@testable import Store

/// What the very first start makes, and what is made anew of a damaged database.
@Suite(.serialized) struct FirstStartTests {
    private let place = Place()

    @Test func anEmptyRootIsNotDamaged() throws {
        let store = try place.open()
        #expect(store.condition == StoreCondition())
        #expect(try place.setAside.isEmpty)
    }

    /// A daemon that was killed before SQLite wrote the first page.
    @Test func aFirstStartThatWasCutShortIsNoDamage() throws {
        try FileManager.default.createDirectory(
            atPath: place.root, withIntermediateDirectories: true)
        try Data().write(to: place.database)
        let store = try place.open()
        #expect(store.condition == StoreCondition())
        #expect(try place.setAside.isEmpty)
    }

    /// Files below both directories that others than their owner may do anything with.
    private func forOthers() throws -> [String] {
        try [place.root, place.runRoot].flatMap { root in
            let names = try FileManager.default.subpathsOfDirectory(atPath: root)
            return try names.map { "\(root)/\($0)" }.filter { path in
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                let mode = (attributes[.posixPermissions] as? Int) ?? 0o777
                let isFile = attributes[.type] as? FileAttributeType == .typeRegular
                return isFile && mode & 0o077 != 0
            }
        }
    }

    @Test(arguments: [false, true]) func nothingIsForOthers(damaged: Bool) async throws {
        let before = umask(0)
        defer { umask(before) }
        if damaged {
            _ = try place.open()
            try Data(repeating: 0x55, count: 8192).write(to: place.database)
            chmod(place.database.path, 0o644)
        }
        let store = try place.open()
        try await store.save(
            SandboxRow(id: "s", phase: "ready", handler: "crun", config: [1], status: []))
        try await store.changeImages {
            [ImageRow(id: "sha256:1", message: [1], config: [2], layers: [])]
        }
        #expect(FileManager.default.fileExists(atPath: place.log.path))
        #expect(try place.setAside.isEmpty == !damaged)
        #expect(try forOthers() == [])
    }

    @Test func imagesAreCommittedToTheDisk() async throws {
        let store = try place.open()
        let within = try await store.transaction("look", .full) { try $0.synchronous() }
        let afterwards = try await store.transaction("look") { try $0.synchronous() }
        #expect(within == .full)
        #expect(afterwards == .normal)
    }

    @Test func whatFailsIsTakenBack() async throws {
        struct Refusal: Error {}
        let store = try place.open()
        let row = SandboxRow(id: "s", phase: "ready", handler: "crun", config: [], status: [])
        await #expect(throws: (any Error).self) {
            try await store.transaction("fail", .full) { database in
                try row.save(database)
                throw Refusal()
            }
        }
        #expect(try await store.sandboxes().isEmpty)
        try await store.save(row)
        #expect(try await store.sandboxes() == [row])
    }
}
