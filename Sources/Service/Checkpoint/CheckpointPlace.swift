internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import System
internal import Text

/// Where the archive of a checkpoint is to be. It is written beside that place.
struct CheckpointPlace: Sendable {
    let path: String
    let partial: String

    /// - Throws: `invalidArgument`; `failedPrecondition` where nothing can be put.
    init(_ location: String) async throws(GantryError) {
        try RequestPaths.checkAbsolute("location", location)
        let name = Path.lastComponent(of: location)
        guard location.begins(with: "/"), !["", ".", ".."].contains(name) else {
            throw GantryError(
                .invalidArgument, "location \"\(location)\" is no absolute path of a file")
        }
        path = location
        // The name may be as long as names get.
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        partial = "\(Path.parent(of: location))/.checkpoint-\(number).partial"
        do {
            try await Blocking.run { [self] in try check() }
        } catch let error as GantryError {
            throw error
        } catch {
            throw error.about("location")
        }
    }

    private func check() throws {
        var status = stat()
        let parent = Path.parent(of: path)
        try syscall("stat", parent) { stat(parent, &status) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw GantryError(.invalidArgument, "location: \(parent) is no directory")
        }
        // An earlier checkpoint gives way; a device or somebody's directory does not.
        guard lstat(path, &status) == 0 || errno != ENOENT else { return }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw GantryError(.invalidArgument, "location: \(path) is there, and is no file")
        }
    }

    /// An empty file that only root reads: there is memory in it. Blocks.
    func create() throws(GantryError) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW
        do throws(SystemError) {
            return OpenFile(try Files.open(partial, flags, mode: 0o600))
        } catch {
            throw error.about("location")
        }
    }

    /// Blocks.
    func commit(_ file: OpenFile) throws(SystemError) {
        try syscall("fsync", path) { fsync(file.raw) }
        try Files.move(partial, to: path)
    }
}
