internal import Archive
internal import ImageProtocol
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// The files of an image archive, by their names in it.
enum ArchiveFiles: Sendable {
    /// No symbolic link in the directory leads out of it.
    case directory(OpenFile)
    case tar(TarIndex)

    /// Reads a directory or a tar. One that is compressed cannot be read in any order: it is inflated
    /// into `scratch`, an empty file.
    /// - Throws: `GantryError` for what is neither; `SystemError`.
    static func open(
        _ archive: OpenFile, isDirectory: Bool, scratch: OpenFile, limit: UInt64
    ) async throws -> ArchiveFiles {
        if isDirectory { return .directory(archive) }
        let file = try FilePart(whole: archive.descriptor.duplicate(), "the archive")
        if try await Blocking.run({ try file.compression() }) == .none {
            return .tar(try await Blocking.run { try TarIndex(file) })
        }
        let inflated = try await InflatedCopy(of: file, limit: limit).write {
            try scratch.descriptor.duplicate()
        }
        return .tar(try await Blocking.run { try TarIndex(inflated) })
    }

    /// Nil when there is no such file.
    func file(_ name: String) throws -> FilePart? {
        switch self {
        case .tar(let index): return try index.file(name)
        case .directory(let directory):
            do throws(SystemError) {
                return try directory.withPath { root throws(SystemError) in
                    try FilePart(whole: Files.openRegular(name, inRoot: root), name)
                }
            } catch {
                if [ENOENT, ENOTDIR].contains(error.errno) { return nil }
                throw error
            }
        }
    }

    /// A file of JSON; nil when there is none.
    func document(_ name: String) throws -> [UInt8]? {
        try file(name)?.read(limit: ImageResolver.documentLimit)
    }
}
