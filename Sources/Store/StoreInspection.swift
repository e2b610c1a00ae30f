internal import Kernel
internal import Model

/// What a look at the database shows, which changes nothing and can be taken beside a daemon.
public struct StoreInspection: Sendable {
    /// What is wrong with it; nil when it is sound. Without a sound database there are no rows.
    public private(set) var damage: String?
    public private(set) var sandboxes: [SandboxRow] = []
    public private(set) var containers: [ContainerRow] = []
    public private(set) var images: [ImageRow] = []
    /// Rows that a lost database could not be given again.
    public private(set) var unrecorded: [String] = []
    /// Names of damaged databases that were set aside.
    public let setAside: [String]

    /// Blocks the thread.
    /// - Returns: nil when there is no database yet.
    /// - Throws: `GantryError` (`failedPrecondition`) when a newer Gantry wrote it.
    public init?(root: String, runRoot: String) throws {
        let file = DatabaseFile(root: root)
        guard Files.exists(file.path) else { return nil }
        setAside = file.kept
        let records = AllRecords(root: root, runRoot: runRoot)
        do {
            damage = try file.damage(.reading, "integrity_check", lacks: !records.areEmpty)
            guard damage == nil, !file.isEmpty else { return }
            let database = try Database(file.path, .reading)
            try database.reading { try load($0) }
        } catch let error as SQLiteError {
            damage = error.description
        }
        unrecorded = records.lacking(
            Set(sandboxes.map(\.id)), Set(containers.map(\.id)), Set(images.map(\.id)))
    }

    private mutating func load(_ database: Database) throws {
        let broken = try database.rows("PRAGMA foreign_key_check") { $0.text(0) }
        if let table = broken.first {
            damage = "\(broken.count) rows refer to nothing, the first of \(table)"
        }
        sandboxes = try SandboxRow.all(database)
        containers = try ContainerRow.all(database)
        images = try ImageRow.all(database)
    }
}
