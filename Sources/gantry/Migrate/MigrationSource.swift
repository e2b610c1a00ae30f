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
        var sections: [(TOMLSection, String)] = []
        if Files.exists(file) { sections.append((try Self.read(file), file)) }
        let others =
            switch self {
            case .containerd: try sections.first.map { try Self.imports($0.0, of: file) } ?? []
            case .crio: try Self.dropIns("\(file).d")
            }
        for other in others { sections.append((try Self.read(other), other)) }
        if sections.isEmpty { throw GantryError(.notFound, "\(file) is not there") }
        return sections
    }

    private static func read(_ file: String) throws -> TOMLSection {
        try TOMLSection(try TOMLSection.text(try Files.read(file), file), file)
    }

    private static func dropIns(_ directory: String) throws -> [String] {
        guard Files.exists(directory) else { return [] }
        return try Files.list(directory).map { "\(directory)/\($0)" }
    }

    /// Globs, relative ones to the directory of the file (containerd-config.toml(5), `imports`).
    private static func imports(_ section: TOMLSection, of file: String) throws -> [String] {
        let patterns = try section.strings("imports") ?? []
        return patterns.flatMap { pattern in
            files(pattern.begins(with: "/") ? pattern : "\(Path.parent(of: file))/\(pattern)")
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
