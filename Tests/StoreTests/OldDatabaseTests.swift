import Foundation
import Testing

@testable import Store

/// Databases of Gantry 0.1, which wrote them through GRDB 7.
@Suite struct OldDatabaseTests {
    private let place = Place()

    private static let statements = [
        "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)",
        "INSERT INTO grdb_migrations VALUES ('1: pods, containers, images')",
        """
        CREATE TABLE sandbox (id TEXT PRIMARY KEY NOT NULL, phase TEXT NOT NULL,
          handler TEXT NOT NULL, config BLOB NOT NULL, status BLOB NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE container (id TEXT PRIMARY KEY NOT NULL,
          sandbox TEXT NOT NULL REFERENCES sandbox (id), phase TEXT NOT NULL, layers TEXT NOT NULL,
          config BLOB NOT NULL, status BLOB NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE image (id TEXT PRIMARY KEY NOT NULL, message BLOB NOT NULL,
          config BLOB NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE image_layer (image TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
          position INTEGER NOT NULL, chain TEXT NOT NULL, bytes INTEGER NOT NULL,
          inodes INTEGER NOT NULL, PRIMARY KEY (image, position)) STRICT, WITHOUT ROWID
        """,
        "INSERT INTO sandbox VALUES ('s', 'ready', 'crun', x'0102', x'')",
        "INSERT INTO container VALUES ('c', 's', 'running', 'a b', x'03', x'04')",
        "INSERT INTO image VALUES ('sha256:1', x'05', x'00')",
        "INSERT INTO image_layer VALUES ('sha256:1', 0, 'sha256:a', 10, 2)",
    ]

    @Test func itsRowsAreRead() async throws {
        try FileManager.default.createDirectory(
            atPath: place.root, withIntermediateDirectories: true)
        try Data().write(to: place.database)
        for statement in Self.statements { try place.execute(statement) }
        let store = try place.open()
        #expect(store.condition == StoreCondition())
        #expect(
            try await store.sandboxes() == [
                SandboxRow(id: "s", phase: "ready", handler: "crun", config: [1, 2], status: [])
            ])
        #expect(
            try await store.containers() == [
                ContainerRow(
                    id: "c", sandbox: "s", phase: "running", layers: ["a", "b"], config: [3],
                    status: [4])
            ])
        #expect(
            try await store.images() == [
                ImageRow(
                    id: "sha256:1", message: [5], config: [0],
                    layers: [ImageRow.Layer(chain: "sha256:a", bytes: 10, inodes: 2)])
            ])
    }
}
