internal import FoundationEssentials
internal import Glibc
internal import Kernel
internal import Model
internal import System
internal import Text

/// The records of attachments, a file each in the cache directory.
///
/// A file's name is its attachment's identity (`:` is in neither part), so that a file whose content
/// a power loss took still says what there is to delete.
struct RecordStore: Sendable {
    private static let ending = ".json"

    let directory: String

    enum Entry: Sendable {
        case absent
        case damaged(String)
        case intact(AttachmentRecord)
    }

    private func path(_ id: Attachment.ID) -> String {
        "\(directory)/\(id.sandboxId):\(id.interface)\(Self.ending)"
    }

    func save(_ record: AttachmentRecord) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let content = Array(try encoder.encode(record))
        try await Blocking.run {
            try Files.makeDirectories(directory, mode: 0o700)
            try Files.replace(path(record.id), with: content)
        }
    }

    func load(_ id: Attachment.ID) async throws -> Entry {
        try await Blocking.run {
            let path = path(id)
            guard Files.exists(path) else { return .absent }
            let content = Data(try Files.read(path))
            do {
                return .intact(try JSONDecoder().decode(AttachmentRecord.self, from: content))
            } catch {
                return .damaged("\(path) is damaged: \(error)")
            }
        }
    }

    func remove(_ id: Attachment.ID) async throws {
        try await Blocking.run { try Files.remove(path(id)) }
    }

    /// Removes what a killed process had half written; see `Files.replace`.
    func sweep() async throws {
        try await Blocking.run {
            guard Files.exists(directory) else { return }
            for name in try Files.list(directory)
            where name.ends(with: ".tmp") && !name.ends(with: ".\(getpid()).tmp") {
                try Files.remove("\(directory)/\(name)")
            }
        }
    }

    /// All attachments that were not removed, in no order that matters.
    func all() async throws -> [Attachment.ID] {
        try await Blocking.run {
            guard Files.exists(directory) else { return [] }
            return try Files.list(directory).compactMap(Self.id)
        }
    }

    private static func id(_ name: String) -> Attachment.ID? {
        guard let parts = name.removing(suffix: ending)?.split(at: ":") else { return nil }
        guard parts.count == 2 else { return nil }
        return Attachment.ID(String(parts[0]), interface: String(parts[1]))
    }
}
