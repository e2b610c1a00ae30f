internal import Foundation
internal import GRDB
internal import Text

/// A container as it is stored.
public struct ContainerRow: Sendable, Equatable {
    public var id: String
    public var sandbox: String
    /// Where it stands in its life; see `Service/Container.swift`.
    public var phase: String
    /// Chain IDs of the layers that it stands on, the lowest first: they stay when its image goes.
    public var layers: [String]
    /// A `ContainerConfig`, encoded.
    public var config: [UInt8]
    /// A `ContainerStatus`, encoded.
    public var status: [UInt8]

    public init(
        id: String, sandbox: String, phase: String, layers: [String], config: [UInt8],
        status: [UInt8]
    ) {
        self.id = id
        self.sandbox = sandbox
        self.phase = phase
        self.layers = layers
        self.config = config
        self.status = status
    }
}

extension Store {
    public func containers() async throws -> [ContainerRow] {
        try await transaction("read the containers") { try ContainerRow.all($0) }
    }

    /// Inserts the row, or replaces what the same ID had.
    /// - Parameter row: made when it is its turn, so that of two saves the later one has the newer state.
    public func save(
        _ row: @autoclosure @escaping @Sendable () throws -> ContainerRow
    ) async throws {
        try await transaction("save a container") { [records] database in
            let row = try row()
            try row.save(database)
            records.containers.save(row.record)
        }
    }

    public func removeContainer(_ id: String) async throws {
        try await transaction("remove container \(id)") { [records] database in
            try database.execute(sql: "DELETE FROM container WHERE id = ?", arguments: [id])
            records.containers.remove(id)
        }
    }
}

extension ContainerRow {
    static func all(_ database: Database) throws -> [ContainerRow] {
        try Row.fetchAll(database, sql: "SELECT * FROM container").map { row in
            let layers: String = row["layers"]
            return ContainerRow(
                id: row["id"], sandbox: row["sandbox"], phase: row["phase"],
                layers: layers.split(at: " ").map(String.init),
                config: bytes(row["config"]), status: bytes(row["status"]))
        }
    }

    func save(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO container (id, sandbox, phase, layers, config, status)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET phase = excluded.phase,
                  config = excluded.config, status = excluded.status
                """,
            arguments: [
                id, sandbox, phase, layers.joined(separator: " "), Data(config), Data(status),
            ])
    }
}
