internal import CSQLite

/// What SQLite says of a call that failed.
struct SQLiteError: Error, CustomStringConvertible {
    /// An extended result code (sqlite.org/rescode.html).
    let code: Int32
    let message: String
    /// The statement; empty when none was at fault.
    let sql: String

    init(code: Int32, message: String, sql: String = "") {
        self.code = code
        self.message = message
        self.sql = sql
    }

    /// The last error of a connection.
    init(_ handle: OpaquePointer?, sql: String = "") {
        let code = sqlite3_extended_errcode(handle)
        let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "no message"
        self.init(code: code, message: message, sql: sql)
    }

    /// Whether the file's content is at fault, and not the disk or the caller.
    var tellsDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xff) }

    var description: String {
        "SQLite error \(code): \(message)" + (sql.isEmpty ? "" : " (\(sql))")
    }
}
