internal import FoundationEssentials
internal import Glibc
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

    /// What SQLite keeps for a database, by what it adds to the name.
    private static let endings = ["", "-wal", "-shm", "-journal"]

    /// Bytes.
    private static let spareRoom: Int64 = 1 << 20

    /// Bytes: SQLite takes 32 KiB at a time, and the first are enough for the log that there is room for (4,062
    /// frames; sqlite.org/walformat.html, 2.2).
    private static let indexRoom: Int64 = 64 << 10

    /// A file that only takes room: whoever opens the database has SQLite give its own room back and take it
    /// anew, and on a full disk somebody else may have taken that.
    private var spare: String { "\(path)-spare" }

    func freeSpareRoom() throws(SystemError) { try Files.remove(spare) }

    /// A file system that has no such thing makes do without.
    func keepSpareRoom() { try? Files.reserve(spare, bytes: Self.spareRoom) }

    /// SQLite writes to its `-shm` through memory, where a block that the file system has no room for is a
    /// SIGBUS; it has written one byte a page, and blocks may be smaller.
    /// - Returns: the file, open as long as the database is: closing it would give up the locks that SQLite
    ///   has on it (fcntl(2), "Advisory record locking").
    func keepIndexRoom() throws(SystemError) -> Descriptor {
        let name = "\(path)-shm"
        let file = try Files.open(name, O_WRONLY | O_CREAT)
        try? Files.reserve(file, name, bytes: Self.indexRoom)
        return file
    }

    /// Makes an empty one unless there is one. Containers' variables will be in it, and SQLite would
    /// make it for all to read; what SQLite puts beside it gets its mode.
    func make() throws(SystemError) {
        _ = try Files.open(path, O_RDWR | O_CREAT, mode: 0o600)
    }

    /// Takes the permissions of others away from all that is there, those that were set aside too.
    func narrow() throws(SystemError) {
        let directory = Path.parent(of: path)
        let files = Self.endings.map { path + $0 } + kept.map { "\(directory)/\($0)" }
        for file in files where Files.exists(file) { try Files.narrow(file, to: 0o600) }
    }

    /// Without any content, as one is that was just made.
    var isEmpty: Bool { Self.size(path) == 0 }

    /// Why it cannot be used; nil when it is sound, or not there.
    /// - Parameters:
    ///   - pragma: `quick_check` or `integrity_check`, which looks at the indexes as well.
    ///   - lacks: whether records say that there were rows: an empty database has lost them then, and
    ///     otherwise a first start was cut short.
    /// - Throws: what says nothing of its content: `failedPrecondition` when a newer Gantry wrote
    ///   it; errors of the disk.
    func damage(
        _ access: Database.Access, _ pragma: String = "quick_check", lacks: Bool
    ) throws -> String? {
        guard let size = Self.size(path) else { return nil }
        if size == 0 { return lacks || (Self.size(log) ?? 0) > 0 ? "it is empty" : nil }
        if let damage = logDamage() { return damage }
        do {
            return try Self.damage(Database(path, access), pragma)
        } catch let error as SQLiteError where error.tellsDamage {
            return error.message
        }
    }

    /// What SQLite finds, and whether the tables are those of the schema that it says it has.
    private static func damage(_ database: Database, _ pragma: String) throws -> String? {
        try Schema.refuseNewer(database)
        let found = try database.rows("PRAGMA \(pragma)(1)") { $0.text(0) }
        if found != ["ok"] { return found.joined(separator: "; ") }
        guard try Schema.isThere(database) else { return nil }
        let missing = try Schema.tables.filter { try !database.hasTable($0) }
        return missing.isEmpty ? nil : "the table \(missing[0]) is missing"
    }

    /// SQLite takes a log without a valid header for an empty one, and so forgets, without a word,
    /// what was committed to it (sqlite.org/fileformat2.html, "The Write-Ahead Log").
    private func logDamage() -> String? {
        guard let size = Self.size(log), size > 0 else { return nil }
        let header = (try? Files.read(log, first: 8)) ?? []
        let known: [[UInt8]] = [0x82, 0x83].map {
            [0x37, 0x7f, 0x06, $0, 0x00, 0x2d, 0xe2, 0x18]
        }
        return known.contains(header) ? nil : "its write-ahead log has no valid header"
    }

    /// Moves it and its companions away, to be looked at.
    /// - Returns: where it is now.
    func setAside() throws -> String {
        let time = Date.now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let target = "\(path).damaged-\(time)"
        for ending in Self.endings where Files.exists(path + ending) {
            try Files.move(path + ending, to: target + ending)
        }
        return target
    }

    private static func size(_ path: String) -> Int? { try? Files.size(path) }
}
