import Foundation
@testable import Store

/// Directories for a store, removed with it.
final class Place: Sendable {
    let root: String
    let runRoot: String
    private let directory: URL

    init() {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-store-\(UUID().uuidString)")
        root = directory.appendingPathComponent("root").path
        runRoot = directory.appendingPathComponent("run").path
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    var database: URL { URL(fileURLWithPath: "\(root)/gantry.db") }
    var log: URL { URL(fileURLWithPath: "\(root)/gantry.db-wal") }

    func open() throws -> Store { try Store(root: root, runRoot: runRoot) }

    /// Changes the database behind the store's back.
    func execute(_ sql: String) throws {
        try Database(database.path, .writing).execute(sql)
    }

    /// What a reboot does.
    func reboot() throws { try FileManager.default.removeItem(atPath: runRoot) }

    var setAside: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: root).filter {
                $0.contains(".damaged-")
            }
        }
    }
}
