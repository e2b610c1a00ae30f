internal import Kernel
internal import Model

/// What Gantry must not forget: pods, containers and images, in one SQLite file under the root
/// directory.
///
/// A write has reached the file before it returns, so a killed daemon loses nothing that it
/// answered. WAL with `synchronous=NORMAL` may lose the last transactions with the power, which ends
/// pods and containers anyway; an image is committed with FULL, after its layers were synced.
///
/// Each row has a record besides, a file of its own (`RowRecord`), from which a database that is
/// damaged or gone is made anew.
public final class Store: Sendable {
    let database: DatabaseQueue
    /// SQLite's index of its log, with all its blocks.
    private let index: Descriptor
    let records: AllRecords
    /// How the database was found.
    public let condition: StoreCondition

    /// Room for SQLite's log, in bytes, that is to be kept from everybody else: what frees a full disk
    /// (removing containers and images) must be written down there first. SQLite begins anew in it
    /// after 1000 pages, which are 4 MiB (PRAGMA wal_autocheckpoint).
    public static let logReserve: Int64 = 6 << 20

    /// Opens the database `gantry.db` in `root`, or creates it, and brings its schema up to date. A
    /// damaged one is set aside, and what it held taken from the records below `root` and `runRoot`.
    /// - Throws: `GantryError`: `failedPrecondition` when a newer Gantry has written it,
    ///   `unavailable` when the disk is full, broken or read-only.
    public init(root: String, runRoot: String) throws {
        let file = DatabaseFile(root: root)
        records = AllRecords(root: root, runRoot: runRoot)
        do {
            try records.makeDirectories()
            try file.narrow()
            try file.freeSpareRoom()
            var found = StoreCondition()
            found.damage = try file.damage(.writing, lacks: !records.areEmpty)
            if found.damage != nil { found.setAside = try file.setAside() }
            try file.make()
            database = try DatabaseQueue(file.path)
            condition = try database.run { [records, found] database in
                var found = found
                try Schema.migrate(database)
                try Self.rebuild(database, records, &found)
                return found
            }
            index = try file.keepIndexRoom()
            file.keepSpareRoom()
        } catch let error as GantryError {
            throw error
        } catch {
            throw GantryError(
                .unavailable, "the database \(file.path) cannot be opened", cause: error)
        }
    }

    /// Runs one transaction; everything in it happens or nothing does.
    func transaction<Result: Sendable>(
        _ doing: String, _ synchronous: Database.Synchronous = .normal,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.write(synchronous, body)
        } catch {
            throw GantryError(.internal, "database: \(doing)", cause: error)
        }
    }
}
