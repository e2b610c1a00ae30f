internal import OCI
internal import TOML
internal import Text

/// What another runtime's configuration becomes: lines of gantry.toml, each with where it came from, and
/// what nobody could translate.
struct Migration {
    struct Line {
        let key: String
        let value: String
        let source: String
    }

    private(set) var lines: [Line] = []
    /// By the handler's name, in the order in which they came.
    private(set) var handlers: [(name: String, lines: [Line])] = []
    /// Gantry does these otherwise, or does not need them.
    private(set) var different: [String] = []
    /// Nothing stands for these.
    private(set) var missing: [String] = []

    let source: MigrationSource

    init(from source: MigrationSource) {
        self.source = source
    }

    /// A later file replaces what an earlier one has said.
    mutating func read(_ section: TOMLSection, _ file: String) {
        for leaf in section.leaves {
            if let (name, key) = handlerKey(leaf.path) {
                readHandler(name, key, leaf, file)
            } else {
                read(leaf, file)
            }
        }
    }

    private mutating func read(_ leaf: TOMLLeaf, _ file: String) {
        let found = source.rules.first { $0.matches(leaf.path) }?.action
        if leaf.isEmpty, found?.countsWhenEmpty != true { return }
        switch found {
        case .some(.none): return
        case .otherwise(let why): note("\(leaf.text): \(why)", in: \.different)
        case .missing, nil: note("\(file): \(leaf.text)", in: \.missing)
        case let action?:
            guard let (key, value) = action.line(leaf) else {
                return note("\(file): \(leaf.text)", in: \.missing)
            }
            put(Line(key: key, value: value, source: "\(file): \(leaf.text)"))
        }
    }

    private mutating func note(_ text: String, in list: WritableKeyPath<Migration, [String]>) {
        if !self[keyPath: list].contains(text) { self[keyPath: list].append(text) }
    }

    private mutating func put(_ line: Line) {
        lines.removeAll { $0.key == line.key }
        lines.append(line)
    }

    // MARK: Handlers

    /// The handler's name and the rest of the path; nil for another key.
    private func handlerKey(_ path: [String]) -> (String, [String])? {
        for prefix in source.handlers where path.count > prefix.count + 1 {
            if path.starts(with: prefix) {
                return (path[prefix.count], Array(path[(prefix.count + 1)...]))
            }
        }
        return nil
    }

    private mutating func readHandler(
        _ name: String, _ key: [String], _ leaf: TOMLLeaf, _ file: String
    ) {
        let index = handlers.firstIndex { $0.name == name } ?? handlers.count
        if index == handlers.count { handlers.append((name, [])) }
        let from = "\(file): \(leaf.text)"
        if key.last == "SystemdCgroup", let flag = leaf.bool {
            let driver = TOMLText.quoted(flag ? "systemd" : "cgroupfs")
            return put(Line(key: "cgroup_driver", value: driver, source: from))
        }
        if leaf.isEmpty { return }
        switch key.last {
        case "BinaryName", "runtime_path":
            guard let path = leaf.string else { return }
            let program = Self.program(path) ?? path
            setPath(index, Line(key: "path", value: TOMLText.quoted(program), source: from))
        case "allowed_annotations", "pod_annotations", "container_annotations":
            guard let list = leaf.strings else { return }
            let line = Line(
                key: "allowed_annotations", value: TOMLText.list(list), source: from)
            handlers[index].lines.removeAll { $0.key == line.key }
            handlers[index].lines.append(line)
        case "runtime_type": readType(index, leaf, from)
        case "runtime_root", "Root", "inherit_default_runtime", "monitor_path": return
        default: note(from, in: \.missing)
        }
    }

    /// `io.containerd.runc.v2` and CRI-O's `oci` are commands; others are shims.
    private mutating func readType(_ index: Int, _ leaf: TOMLLeaf, _ from: String) {
        let name = handlers[index].name
        guard let type = leaf.string else { return }
        let program = type == "oci" ? name : type == "io.containerd.runc.v2" ? "runc" : nil
        guard let program else {
            return note("\(from): a shim; a table [runtimes] needs a command", in: \.missing)
        }
        guard !handlers[index].lines.contains(where: { $0.key == "path" }) else { return }
        let path = Self.program(program) ?? "/usr/bin/\(program)"
        setPath(index, Line(key: "path", value: TOMLText.quoted(path), source: from))
    }

    private mutating func setPath(_ index: Int, _ line: Line) {
        handlers[index].lines.removeAll { $0.key == "path" }
        handlers[index].lines.insert(line, at: 0)
    }

    private static func program(_ name: String) -> String? {
        Runtimes.program(name)
    }
}
