internal import GRDB
internal import Model

/// The tables, as a list of migrations that only ever grows.
///
/// `config` and `status` hold CRI messages in their protobuf encoding: it is small, and a field that
/// a later Gantry adds reads as absent in an older row. `protoc --decode` shows them.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: pods, containers, images") { database in
            try database.execute(sql: first)
        }
        return migrator
    }()

    /// Those that there are after all migrations.
    static let tables = ["sandbox", "container", "image", "image_layer"]

    /// - Throws: `failedPrecondition` when the database has a migration that is not known here: what
    ///   it means to rows nobody can say, so they are not touched.
    static func refuseNewer(_ database: Database) throws {
        let applied = try migrator.appliedIdentifiers(database)
        guard let newer = applied.subtracting(migrator.migrations).max() else { return }
        throw GantryError(
            .failedPrecondition,
            "the database was written by a newer Gantry: it has the schema \"\(newer)\", and "
                + "\"\(migrator.migrations.last ?? "")\" is the newest known here; install that Gantry"
        )
    }

    private static let first = """
        CREATE TABLE sandbox (
          id TEXT PRIMARY KEY NOT NULL,
          phase TEXT NOT NULL,
          handler TEXT NOT NULL,
          config BLOB NOT NULL,
          status BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE container (
          id TEXT PRIMARY KEY NOT NULL,
          sandbox TEXT NOT NULL REFERENCES sandbox (id),
          phase TEXT NOT NULL,
          layers TEXT NOT NULL,
          config BLOB NOT NULL,
          status BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE image (
          id TEXT PRIMARY KEY NOT NULL,
          message BLOB NOT NULL,
          config BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE image_layer (
          image TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          chain TEXT NOT NULL,
          bytes INTEGER NOT NULL,
          inodes INTEGER NOT NULL,
          PRIMARY KEY (image, position)
        ) STRICT, WITHOUT ROWID;
        """
}
