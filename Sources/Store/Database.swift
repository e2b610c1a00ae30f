internal import CSQLite

/// A connection to an SQLite database; one thread at a time may use it.
final class Database {
    private let handle: OpaquePointer

    enum Access {
        case reading
        /// In WAL mode. The file must be there: SQLite would make it for all to read.
        case writing
    }

    /// How much of a transaction the disk has when it is committed (sqlite.org/pragma.html,
    /// "synchronous"), in WAL mode.
    enum Synchronous: Int64 {
        /// What a killed process had committed is there; the power may take the last transactions.
        case normal = 1
        /// The disk has all.
        case full = 2
    }

    /// - Throws: `SQLiteError`, also for a file that is no database.
    init(_ path: String, _ access: Access) throws(SQLiteError) {
        var opened: OpaquePointer?
        let mode = access == .reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        let code = sqlite3_open_v2(
            path, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw SQLiteError(opened)
        }
        handle = opened
        // `gantry check` may be reading.
        sqlite3_busy_timeout(handle, 5000)
        try execute("PRAGMA foreign_keys=ON")
        if access == .writing {
            try require("journal_mode", "wal")
            try set(.normal)
        }
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Sets a pragma that answers with what it now is.
    private func require(_ pragma: String, _ value: String) throws(SQLiteError) {
        let sql = "PRAGMA \(pragma)=\(value)"
        let now = try rows(sql) { $0.text(0) }.first ?? "unknown"
        guard now == value else {
            throw SQLiteError(code: SQLITE_ERROR, message: "it stays \(now)", sql: sql)
        }
    }

    /// Not within a transaction.
    /// - Throws: when SQLite keeps another.
    func set(_ synchronous: Synchronous) throws(SQLiteError) {
        try execute("PRAGMA synchronous=\(synchronous.rawValue)")
        guard try self.synchronous() == synchronous else {
            throw SQLiteError(
                code: SQLITE_ERROR, message: "synchronous does not become \(synchronous)")
        }
    }

    func synchronous() throws(SQLiteError) -> Synchronous? {
        try rows("PRAGMA synchronous") { Synchronous(rawValue: $0.integer(0)) }.first ?? nil
    }

    /// Runs one statement.
    func execute(_ sql: String, _ values: SQLValue...) throws(SQLiteError) {
        let statement = try Statement(handle, sql)
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Runs one statement, and makes something of each row.
    func rows<Element>(
        _ sql: String, _ make: (Statement) -> Element
    ) throws(SQLiteError) -> [Element] {
        let statement = try Statement(handle, sql)
        var found: [Element] = []
        while try statement.step() { found.append(make(statement)) }
        return found
    }

    func hasTable(_ name: String) throws(SQLiteError) -> Bool {
        try rows("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) }
            .contains(name)
    }

    /// All that is read in it is of one moment.
    func reading<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try execute("BEGIN")
        defer { try? execute("COMMIT") }
        return try body(self)
    }

    /// Everything in it happens, or nothing does.
    func transaction<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body(self)
            try execute("COMMIT")
            return result
        } catch {
            // Some errors have rolled back already (sqlite.org/lang_transaction.html, 3).
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }
}
