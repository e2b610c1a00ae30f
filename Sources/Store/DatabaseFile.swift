internal import Foundation
internal import GRDB
internal import Kernel
internal import Model
internal import Text

/// The database as files: itself, and what SQLite keeps beside it.
struct DatabaseFile: Sendable {
    let path: String

    init(root: String) {
        path = "\(root)/gantry.db"
    }

    /// Damaged ones that were set aside.
    var kept: [String] {
        let names = (try? Files.list(Path.parent(of: path))) ?? []
        return names.filter { $0.begins(with: "\(Path.lastComponent(of: path)).damaged-") }
    }

    private var log: String { "\(path)-wal" }

    /// Why it cannot be used; nil when it is sound, or not there.
    /// - Throws: what says nothing of its content: `failedPrecondition` when a newer Gantry wrote
    ///   it; errors of the disk.
    /// - Parameter pragma: `quick_check` or `integrity_check`, which looks at the indexes as well.
    func damage(
        _ configuration: Configuration, _ pragma: String = "quick_check"
    ) throws -> String? {
        guard let size = Self.size(path) else { return nil }
        if size == 0 { return "it is empty" }
        if let damage = logDamage() { return damage }
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            return try database.read { try Self.damage($0, pragma) }
        } catch let error as DatabaseError where Self.tellsDamage(error.resultCode) {
            return error.message ?? "\(error.resultCode)"
        }
    }

    /// What SQLite finds, and whether the tables are those of the schema that it says it has.
    private static func damage(_ database: Database, _ pragma: String) throws -> String? {
        try Schema.refuseNewer(database)
        let found = try String.fetchAll(database, sql: "PRAGMA \(pragma)(1)")
        if found != ["ok"] { return found.joined(separator: "; ") }
        guard try database.tableExists("grdb_migrations") else { return nil }
        let missing = try Schema.tables.filter { try !database.tableExists($0) }
        return missing.isEmpty ? nil : "the table \(missing[0]) is missing"
    }

    private static func tellsDamage(_ code: ResultCode) -> Bool {
        code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
    }

    /// SQLite takes a log without a valid header for an empty one, and so forgets, without a word,
    /// what was committed to it (sqlite.org/fileformat2.html, "The Write-Ahead Log").
    private func logDamage() -> String? {
        guard let size = Self.size(log), size > 0 else { return nil }
        let header = ((try? Files.read(log)) ?? []).prefix(8)
        let known: [[UInt8]] = [0x82, 0x83].map {
            [0x37, 0x7f, 0x06, $0, 0x00, 0x2d, 0xe2, 0x18]
        }
        return known.contains(Array(header)) ? nil : "its write-ahead log has no valid header"
    }

    /// Moves it and its companions away, to be looked at.
    /// - Returns: where it is now.
    func setAside() throws -> String {
        let time = Date.now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let target = "\(path).damaged-\(time)"
        for ending in ["", "-wal", "-shm"] where Files.exists(path + ending) {
            try Files.move(path + ending, to: target + ending)
        }
        return target
    }

    private static func size(_ path: String) -> Int? { try? Files.size(path) }
}
