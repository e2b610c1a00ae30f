internal import Kernel
internal import Model
internal import Text

/// The files in the configuration directories, in the order in which they count.
struct ConfigurationFiles: Hashable, Sendable {
    private static let endings = [".conf", ".conflist", ".json"]

    let directories: [String]
    private let files: [FileVersion]

    /// Lists them by name, whichever directory they are in. One directory that cannot be listed is
    /// as good as empty: most nodes have one of the usual ones only.
    init(in directories: [String]) {
        self.directories = directories
        let found = directories.flatMap { directory in
            ((try? Files.list(directory)) ?? []).map { (name: $0, path: "\(directory)/\($0)") }
        }
        let wanted = found.filter { file in Self.endings.contains { file.name.ends(with: $0) } }
        files = wanted.sorted { $0.name < $1.name }.compactMap { FileVersion($0.path) }
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
