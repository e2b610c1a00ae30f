internal import FoundationEssentials
internal import Kernel
internal import Text

/// A row as a file of its own, so that it outlives the database.
struct RowRecord: Equatable, Sendable {
    var id: String
    var text: [String: String]
    var blobs: [String: Data]

    /// - Throws: `Missing` for what an older or damaged record has not.
    func text(_ key: String) throws -> String {
        guard let value = text[key] else { throw Missing(key: key) }
        return value
    }

    func blob(_ key: String) throws -> [UInt8] {
        guard let value = blobs[key] else { throw Missing(key: key) }
        return Array(value)
    }

    struct Missing: Error {
        let key: String
    }
}

extension RowRecord {
    /// A line for each value, `KIND NAME BASE64`, and `end`, without which it is torn. A pod's start
    /// saves a few: an encoder of JSON takes three times as long.
    var lines: String {
        let text = text.map { "text \($0) \(Data($1.utf8).base64EncodedString())\n" }
        let blobs = blobs.map { "blob \($0) \($1.base64EncodedString())\n" }
        return (text + blobs).sorted().joined() + Self.end
    }

    private static let end = "end\n"

    /// Nil when it is torn.
    init?(id: String, lines: String) {
        self.init(id: id, text: [:], blobs: [:])
        guard let content = lines.removing(suffix: Self.end) else { return nil }
        for line in content.split(at: "\n") {
            let words = line.split(at: " ", omittingEmptySubsequences: false)
            guard words.count == 3, let value = Data(base64Encoded: String(words[2])) else {
                return nil
            }
            switch words[0] {
            case "text": text[String(words[1])] = String(decoding: value, as: UTF8.self)
            case "blob": blobs[String(words[1])] = value
            default: return nil
            }
        }
    }
}

/// The records of one table's rows, a file each.
///
/// A record is written, and removed, before the transaction of its row is committed: what a record
/// says that the database does not was lost by the database, or by who died in between. One that
/// cannot be written is only missed when the database is lost as well, so it fails nothing, and
/// `gantry check` tells of it; but its older form must not be taken for the newest.
struct RowRecords: Sendable {
    let directory: String

    func save(_ record: RowRecord) {
        do {
            try Files.replace(path(record.id), with: Array(record.lines.utf8))
        } catch {
            remove(record.id)
        }
    }

    func remove(_ id: String) {
        try? Files.remove(path(id))
    }

    /// Those that can be read; a torn one is as good as none.
    func all() -> [RowRecord] {
        ids.compactMap { id in
            (try? Files.readText(path(id))).flatMap { RowRecord(id: id, lines: $0) }
        }
    }

    var ids: [String] {
        ((try? Files.list(directory)) ?? []).compactMap {
            $0.removing(suffix: Self.ending).map(String.init)
        }
    }

    /// What a killed daemon was writing.
    func removeUnfinished() throws {
        for name in try Files.list(directory) where !name.ends(with: Self.ending) {
            try Files.remove("\(directory)/\(name)")
        }
    }

    private func path(_ id: String) -> String { "\(directory)/\(id)\(Self.ending)" }

    private static let ending = ".record"
}

/// Where the records of all tables are: those of images survive a reboot, as images do.
struct AllRecords: Sendable {
    let sandboxes: RowRecords
    let containers: RowRecords
    let images: RowRecords

    init(root: String, runRoot: String) {
        sandboxes = RowRecords(directory: "\(runRoot)/records/sandbox")
        containers = RowRecords(directory: "\(runRoot)/records/container")
        images = RowRecords(directory: "\(root)/records/image")
    }

    func makeDirectories() throws {
        for records in [sandboxes, containers, images] {
            try Files.makeDirectories(records.directory, mode: 0o700)
            try records.removeUnfinished()
        }
    }

    var areEmpty: Bool { [sandboxes, containers, images].allSatisfy { $0.ids.isEmpty } }

    /// The IDs of rows that have no record, sorted.
    func lacking(_ pods: Set<String>, _ members: Set<String>, _ pulled: Set<String>) -> [String] {
        [(pods, sandboxes), (members, containers), (pulled, images)].flatMap { ids, records in
            ids.subtracting(records.ids).sorted()
        }
    }
}
