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
    /// What plugins changed of it, encoded; empty for nothing.
    public var adjustment: [UInt8]

    public init(
        id: String, sandbox: String, phase: String, layers: [String], config: [UInt8],
        status: [UInt8], adjustment: [UInt8] = []
    ) {
        self.id = id
        self.sandbox = sandbox
        self.phase = phase
        self.layers = layers
        self.config = config
        self.status = status
        self.adjustment = adjustment
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
            try database.execute("DELETE FROM container WHERE id = ?", .text(id))
            records.containers.remove(id)
        }
    }
}

extension ContainerRow {
    static func all(_ database: Database) throws -> [ContainerRow] {
        try database.rows(
            """
            SELECT id, sandbox, phase, layers, config, status, adjustment FROM container
            ORDER BY id
            """
        ) {
            ContainerRow(
                id: $0.text(0), sandbox: $0.text(1), phase: $0.text(2),
                layers: $0.text(3).split(at: " ").map(String.init), config: $0.blob(4),
                status: $0.blob(5), adjustment: $0.blob(6))
        }
    }

    func save(_ database: Database) throws {
        try database.execute(
            """
            INSERT INTO container (id, sandbox, phase, layers, config, status, adjustment)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET phase = excluded.phase,
              config = excluded.config, status = excluded.status
            """,
            .text(id), .text(sandbox), .text(phase), .text(layers.joined(separator: " ")),
            .blob(config), .blob(status), .blob(adjustment))
    }
}
