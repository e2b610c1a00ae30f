internal import Model

/// What the database was like when it was opened.
public struct StoreCondition: Sendable, Equatable {
    /// What was wrong with it; nil when it was sound.
    public var damage: String?
    /// Where the damaged one was put.
    public var setAside: String?
    /// How many rows it did not have, or had in an older form, and were taken from their records.
    public var pods = 0
    public var containers = 0
    public var images = 0

    public init() {}

    public var recoveredNothing: Bool { pods + containers + images == 0 }
}

extension Store {
    /// Takes into the database what only the records have; then every row has one.
    ///
    /// Of a pod or a container the record is the newer one: it is gone with the node's boot, and
    /// until then written first. Of an image the row is, since it alone is synced to the disk.
    static func rebuild(
        _ database: Database, _ records: AllRecords, _ condition: inout StoreCondition
    ) throws {
        condition.pods = try rebuildSandboxes(database, records.sandboxes)
        condition.containers = try rebuildContainers(database, records.containers)
        condition.images = try rebuildImages(database, records.images)
    }

    private static func rebuildSandboxes(
        _ database: Database, _ records: RowRecords
    ) throws -> Int {
        let rows = Dictionary(try SandboxRow.all(database).map { ($0.id, $0) }) { $1 }
        let recorded = records.all().compactMap { try? SandboxRow($0) }
        let newer = recorded.filter { rows[$0.id] != $0 }
        for row in newer { try row.save(database) }
        let known = Set(records.ids)
        for row in rows.values where !known.contains(row.id) { records.save(row.record) }
        return newer.count
    }

    /// A container without its pod is nobody's.
    private static func rebuildContainers(
        _ database: Database, _ records: RowRecords
    ) throws -> Int {
        let pods = Set(try SandboxRow.all(database).map(\.id))
        let rows = Dictionary(try ContainerRow.all(database).map { ($0.id, $0) }) { $1 }
        let recorded = records.all().compactMap { try? ContainerRow($0) }
        for row in recorded where !pods.contains(row.sandbox) { records.remove(row.id) }
        let newer = recorded.filter { pods.contains($0.sandbox) && rows[$0.id] != $0 }
        for row in newer { try row.save(database) }
        let known = Set(records.ids)
        for row in rows.values where !known.contains(row.id) { records.save(row.record) }
        return newer.count
    }

    private static func rebuildImages(_ database: Database, _ records: RowRecords) throws -> Int {
        let rows = Dictionary(try ImageRow.all(database).map { ($0.id, $0) }) { $1 }
        let lost = records.all().compactMap { try? ImageRow($0) }.filter { rows[$0.id] == nil }
        for row in lost { try row.save(database) }
        for row in rows.values { records.save(row.record) }
        return lost.count
    }
}
