internal import Archive
internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import System

/// The files of an image archive, by their names in it.
enum ArchiveFiles: Sendable {
    /// No symbolic link in the directory leads out of it.
    case directory(String)
    case tar(TarIndex)

    /// Opens a directory or a tar. One that is compressed cannot be read in any order: it is inflated
    /// into a file of `layers` that has no name, and so goes with the process.
    /// - Throws: `GantryError` for what is neither; `SystemError`.
    static func open(_ path: String, _ layers: Layers, limit: UInt64) async throws -> ArchiveFiles {
        guard let file = try await Blocking.run({ try file(at: path) }) else {
            return .directory(path)
        }
        if try await Blocking.run({ try file.compression() }) == .none {
            return .tar(try await Blocking.run { try TarIndex(file) })
        }
        let inflated = try await InflatedCopy(of: file, limit: limit).write {
            try layers.namelessFile()
        }
        return .tar(try await Blocking.run { try TarIndex(inflated) })
    }

    /// Nil for a directory.
    private static func file(at path: String) throws -> FilePart? {
        // Not opened before it is looked at: a FIFO would hold us, and to open a device is to use it.
        let place = try Files.open(path, GANTRY_O_PATH)
        var status = stat()
        let number = place.raw
        try syscall("fstat", path) { fstat(number, &status) }
        switch status.st_mode & Glibc.S_IFMT {
        case Glibc.S_IFDIR: return nil
        case Glibc.S_IFREG:
            return try FilePart(whole: Files.reopenRegular(place, path), "the archive")
        default: throw GantryError(.invalidArgument, "this is neither a file nor a directory")
        }
    }

    /// Nil when there is no such file.
    func file(_ name: String) throws -> FilePart? {
        switch self {
        case .tar(let index): return try index.file(name)
        case .directory(let path):
            do throws(SystemError) {
                return try FilePart(whole: Files.openRegular(name, inRoot: path), name)
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
