internal import GRDB
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
        var configuration = Configuration()
        configuration.readonly = true
        do {
            damage = try file.damage(configuration, "integrity_check")
            guard damage == nil else { return }
            try DatabaseQueue(path: file.path, configuration: configuration).read { try load($0) }
        } catch let error as DatabaseError {
            damage = error.description
        }
        let records = AllRecords(root: root, runRoot: runRoot)
        unrecorded = records.lacking(
            Set(sandboxes.map(\.id)), Set(containers.map(\.id)), Set(images.map(\.id)))
    }

    private mutating func load(_ database: Database) throws {
        let broken = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
        if let first = broken.first {
            let table: String = first["table"]
            damage = "\(broken.count) rows refer to nothing, the first of \(table)"
        }
        sandboxes = try SandboxRow.all(database)
        containers = try ContainerRow.all(database)
        images = try ImageRow.all(database)
    }
}
