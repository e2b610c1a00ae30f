internal import CSQLite

/// A value that a statement takes.
enum SQLValue {
    case text(String)
    case integer(Int64)
    case blob([UInt8])
}

/// A prepared statement, and the row that it stands at.
final class Statement {
    private let handle: OpaquePointer
    private let database: OpaquePointer
    private let sql: String

    init(_ database: OpaquePointer, _ sql: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v2(database, sql, -1, &handle, nil)
        guard code == SQLITE_OK, let handle else { throw SQLiteError(database, sql: sql) }
        self.handle = handle
        self.database = database
        self.sql = sql
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// The first has the index 1 (sqlite.org/c3ref/bind_blob.html).
    func bind(_ values: [SQLValue]) throws(SQLiteError) {
        guard sqlite3_bind_parameter_count(handle) == values.count else {
            throw SQLiteError(
                code: SQLITE_RANGE, message: "\(values.count) values for other parameters", sql: sql
            )
        }
        for (position, value) in values.enumerated() {
            guard bind(value, Int32(position) + 1) == SQLITE_OK else {
                throw SQLiteError(database, sql: sql)
            }
        }
    }

    private func bind(_ value: SQLValue, _ index: Int32) -> Int32 {
        switch value {
        case .integer(let number): return sqlite3_bind_int64(handle, index, number)
        case .text(var text):
            return text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) {
                    gantry_bind_text(handle, index, $0.baseAddress, UInt64($0.count))
                }
            }
        case .blob(let bytes):
            // A null pointer would be bound as NULL.
            if bytes.isEmpty { return sqlite3_bind_zeroblob(handle, index, 0) }
            return bytes.withUnsafeBytes {
                gantry_bind_blob(handle, index, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    /// - Returns: whether there is another row.
    func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteError(database, sql: sql)
        }
    }

    /// A column of the row, counted from 0; NULL is empty, and 0.
    func text(_ column: Int32) -> String { String(decoding: blob(column), as: UTF8.self) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
