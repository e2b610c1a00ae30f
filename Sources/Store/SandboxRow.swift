/// A pod sandbox as it is stored.
public struct SandboxRow: Sendable, Equatable {
    public var id: String
    /// Where it stands in its life; see `Service/Sandbox.swift`.
    public var phase: String
    /// The runtime handler as resolved when the pod was made.
    public var handler: String
    /// A `PodSandboxConfig`, encoded.
    public var config: [UInt8]
    /// A `PodSandboxStatus`, encoded.
    public var status: [UInt8]

    public init(
        id: String, phase: String, handler: String, config: [UInt8], status: [UInt8]
    ) {
        self.id = id
        self.phase = phase
        self.handler = handler
        self.config = config
        self.status = status
    }
}

extension Store {
    public func sandboxes() async throws -> [SandboxRow] {
        try await transaction("read the pods") { try SandboxRow.all($0) }
    }

    /// Inserts the row, or replaces what the same ID had.
    /// - Parameter row: made when it is its turn, so that of two saves the later one has the newer state.
    public func save(
        _ row: @autoclosure @escaping @Sendable () throws -> SandboxRow
    ) async throws {
        try await transaction("save a pod") { [records] database in
            let row = try row()
            try row.save(database)
            records.sandboxes.save(row.record)
        }
    }

    /// Removes a pod's row, and those of containers that are still there: one that could not be read
    /// must not keep the pod.
    public func removeSandbox(_ id: String) async throws {
        try await transaction("remove pod \(id)") { [records] database in
            try database.execute("DELETE FROM container WHERE sandbox = ?", .text(id))
            try database.execute("DELETE FROM sandbox WHERE id = ?", .text(id))
            records.sandboxes.remove(id)
        }
    }
}

extension SandboxRow {
    static func all(_ database: Database) throws -> [SandboxRow] {
        try database.rows(
            "SELECT id, phase, handler, config, status FROM sandbox ORDER BY id"
        ) {
            SandboxRow(
                id: $0.text(0), phase: $0.text(1), handler: $0.text(2), config: $0.blob(3),
                status: $0.blob(4))
        }
    }

    func save(_ database: Database) throws {
        try database.execute(
            """
            INSERT INTO sandbox (id, phase, handler, config, status)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET phase = excluded.phase,
              config = excluded.config, status = excluded.status
            """,
            .text(id), .text(phase), .text(handler), .blob(config), .blob(status))
    }
}
