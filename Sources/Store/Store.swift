internal import GRDB
internal import Model

/// What Gantry must not forget: pods, containers and images, in one SQLite file under the root
/// directory.
///
/// A write has reached the file before it returns, so a killed daemon loses nothing that it
/// answered. WAL with `synchronous=NORMAL` may lose the last transactions with the power, which ends
/// pods and containers anyway; an image is committed with FULL, after its layers were synced.
public final class Store: Sendable {
    let database: DatabaseQueue

    /// Room for SQLite's log, in bytes, that is to be kept from everybody else: what frees a full disk
    /// (removing containers and images) must be written down there first. SQLite begins anew in it
    /// after 1000 pages, which are 4 MiB (PRAGMA wal_autocheckpoint).
    public static let logReserve: Int64 = 6 << 20

    /// Opens the database at `path`, or creates it, and brings its schema up to date.
    /// - Throws: `GantryError` (`dataLoss`) when the file is no sound database.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = "gantry.store"
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            try Schema.migrator.migrate(database)
        } catch {
            throw GantryError(
                .dataLoss, "the database \(path) cannot be used; move it away to start afresh",
                cause: error)
        }
    }

    /// Runs one transaction; everything in it happens or nothing does.
    func transaction<Result: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.write(body)
        } catch {
            throw GantryError(.internal, "database: \(doing)", cause: error)
        }
    }
}
