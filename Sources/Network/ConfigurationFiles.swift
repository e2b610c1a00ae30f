internal import Glibc
internal import Kernel
internal import Model
internal import Text

/// A file as it is now: when it is replaced or rewritten, its identity changes.
struct FileIdentity: Hashable, Sendable {
    let path: String
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let changed: [Int]

    /// Nil when there is no regular file at `path`.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & Glibc.S_IFMT == Glibc.S_IFREG else {
            return nil
        }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
        size = status.st_size
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}

/// The files in the configuration directories, in the order in which they count.
struct ConfigurationFiles: Hashable, Sendable {
    private static let endings = [".conf", ".conflist", ".json"]

    let directories: [String]
    private let files: [FileIdentity]

    /// Lists them by name, whichever directory they are in. One directory that cannot be listed is
    /// as good as empty: most nodes have one of the usual ones only.
    init(in directories: [String]) {
        self.directories = directories
        let found = directories.flatMap { directory in
            ((try? Files.list(directory)) ?? []).map { (name: $0, path: "\(directory)/\($0)") }
        }
        let wanted = found.filter { file in Self.endings.contains { file.name.ends(with: $0) } }
        files = wanted.sorted { $0.name < $1.name }.compactMap { FileIdentity($0.path) }
    }

    /// Takes the first valid one; what is wrong with those before it is kept.
    func load() -> LoadedConfiguration {
        var skipped: [String] = []
        for path in files.map(\.path) {
            do {
                let configuration = try NetworkConfiguration(parsing: try Files.read(path))
                return LoadedConfiguration(
                    files: self, skipped: skipped, path: path, configuration: configuration)
            } catch {
                skipped.append("\(path): \(error)")
            }
        }
        return LoadedConfiguration(files: self, skipped: skipped, path: "", configuration: nil)
    }
}

/// What came of reading the directories.
struct LoadedConfiguration: Sendable {
    let files: ConfigurationFiles
    /// Files that are not valid, with the reason.
    let skipped: [String]
    let path: String
    let configuration: NetworkConfiguration?
}
