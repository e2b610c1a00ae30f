internal import ArgumentParser
internal import Glibc
internal import Kernel
internal import Model
internal import TOML
internal import Text

/// The runtimes whose configuration can be taken over.
enum MigrationSource: String, CaseIterable, ExpressibleByArgument {
    case containerd, crio

    var rules: [MigrationRule] {
        switch self {
        case .containerd: ContainerdRules.all
        case .crio: CRIORules.all
        }
    }

    var handlers: [[String]] {
        switch self {
        case .containerd: ContainerdRules.handlers
        case .crio: CRIORules.handlers
        }
    }

    var file: String {
        switch self {
        case .containerd: "/etc/containerd/config.toml"
        case .crio: "/etc/crio/crio.conf"
        }
    }

    /// The file with what it imports, or with its drop-ins; later ones replace.
    /// - Throws: `GantryError` when none of them is there, or one cannot be used.
    func sections(_ file: String) throws -> [(section: TOMLSection, file: String)] {
        let sections =
            switch self {
            case .containerd: try Self.withImports(file)
            case .crio:
                try ((Files.exists(file) ? [file] : []) + Self.dropIns("\(file).d")).map {
                    (try Self.read($0), $0)
                }
            }
        if sections.isEmpty { throw GantryError(.notFound, "\(file) is not there") }
        return sections
    }

    private static func read(_ file: String) throws -> TOMLSection {
        let name = TOMLText.plain(file)
        guard Files.exists(file) else { throw GantryError(.notFound, "\(name) is not there") }
        return try TOMLSection(try TOMLSection.text(try CommandFiles.read(file), name), name)
    }

    /// All files below, in the order of their names: CRI-O looks at no suffix, and into directories.
    private static func dropIns(_ directory: String) throws -> [String] {
        guard Files.exists(directory) else { return [] }
        var files: [String] = []
        var rest = [directory]
        while let path = rest.popLast() {
            var status = stat()
            try syscall("stat", path) {
                path == directory ? stat(path, &status) : lstat(path, &status)
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                files.append(path)
                continue
            }
            rest += try Files.list(path).reversed().map { "\(path)/\($0)" }
        }
        return files
    }

    /// Imports may have imports, each file counts once, and those of a file come after those that were
    /// found before (containerd, `LoadConfig`).
    private static func withImports(_ file: String) throws -> [(TOMLSection, String)] {
        guard Files.exists(file) else { return [] }
        var sections: [(TOMLSection, String)] = []
        var known: Set<String> = []
        var (rest, next) = ([file], 0)
        while next < rest.count {
            let path = rest[next]
            next += 1
            guard known.insert(Self.real(path)).inserted else { continue }
            let section = try read(path)
            sections.append((section, path))
            rest += try imports(section, of: path)
        }
        return sections
    }

    /// Without symbolic links, by which a file can import itself under ever longer names.
    private static func real(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Globs, relative ones to the directory of the file (containerd-config.toml(5), `imports`).
    private static func imports(_ section: TOMLSection, of file: String) throws -> [String] {
        let patterns = try section.strings("imports") ?? []
        return patterns.flatMap { pattern in
            let path = pattern.begins(with: "/") ? pattern : "\(Path.parent(of: file))/\(pattern)"
            return path.has("*") ? files(path) : [path]
        }
    }

    private static func files(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(clamping: found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }
    }
}
