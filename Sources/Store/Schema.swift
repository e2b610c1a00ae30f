internal import Model

/// The tables, as a list of migrations that only ever grows.
///
/// `config` and `status` hold CRI messages in their protobuf encoding: it is small, and a field that
/// a later Gantry adds reads as absent in an older row. `protoc --decode` shows them.
enum Schema {
    /// Applied in this order, each once and by its name.
    private static let migrations = [
        ("1: pods, containers, images", first),
        ("2: what plugins changed of containers", second),
        ("3: digests of images' indexes", third),
    ]

    /// The names of those that were applied. Called so since GRDB did this once: databases of then are
    /// read, and a Gantry of then reads those of now.
    private static let applied = "grdb_migrations"

    /// Those that there are after all migrations.
    static let tables = ["sandbox", "container", "image", "image_layer"]

    /// Whether there is one at all.
    static func isThere(_ database: Database) throws -> Bool { try database.hasTable(applied) }

    /// Within a transaction.
    static func migrate(_ database: Database) throws {
        try database.execute(
            "CREATE TABLE IF NOT EXISTS \(applied) (identifier TEXT NOT NULL PRIMARY KEY)")
        let done = try names(database)
        for (name, statements) in migrations where !done.contains(name) {
            for statement in statements { try database.execute(statement) }
            try database.execute("INSERT INTO \(applied) VALUES (?)", .text(name))
        }
    }

    private static func names(_ database: Database) throws -> Set<String> {
        guard try isThere(database) else { return [] }
        return Set(try database.rows("SELECT identifier FROM \(applied)") { $0.text(0) })
    }

    /// - Throws: `failedPrecondition` when the database has a migration that is not known here: what
    ///   it means to rows nobody can say, so they are not touched.
    static func refuseNewer(_ database: Database) throws {
        let known = migrations.map(\.0)
        guard let newer = try names(database).subtracting(known).max() else { return }
        throw GantryError(
            .failedPrecondition,
            "the database was written by a newer Gantry: it has the schema \"\(newer)\", and "
                + "\"\(known.last ?? "")\" is the newest known here; install that Gantry")
    }

    private static let second = [
        "ALTER TABLE container ADD COLUMN adjustment BLOB NOT NULL DEFAULT x''"
    ]

    private static let third = ["ALTER TABLE image ADD COLUMN layer_index TEXT NOT NULL DEFAULT ''"]

    private static let first = [
        """
        CREATE TABLE sandbox (
          id TEXT PRIMARY KEY NOT NULL,
          phase TEXT NOT NULL,
          handler TEXT NOT NULL,
          config BLOB NOT NULL,
          status BLOB NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE container (
          id TEXT PRIMARY KEY NOT NULL,
          sandbox TEXT NOT NULL REFERENCES sandbox (id),
          phase TEXT NOT NULL,
          layers TEXT NOT NULL,
          config BLOB NOT NULL,
          status BLOB NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE image (
          id TEXT PRIMARY KEY NOT NULL,
          message BLOB NOT NULL,
          config BLOB NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE image_layer (
          image TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
          position INTEGER NOT NULL,
          chain TEXT NOT NULL,
          bytes INTEGER NOT NULL,
          inodes INTEGER NOT NULL,
          PRIMARY KEY (image, position)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
