internal import Text

/// Paths as plain strings: the kernel's own type for them.
public enum Path {
    /// Everything before the last slash; `/` and `.` stand for themselves.
    public static func parent(of path: String) -> String {
        guard let (parent, _) = path.cutLast(at: "/") else { return "." }
        return parent.isEmpty ? "/" : String(parent)
    }

    public static func lastComponent(of path: String) -> String {
        String(path.split(at: "/").last ?? "")
    }
}

extension Path {
    /// The shortest absolute path that means the same without looking at any file: no `.`, no `..`, no
    /// slash too many; what is relative is below `/`.
    public static func cleaned(_ path: String) -> String {
        var components: [Substring.UTF8View] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(part) {
            case ".": continue
            case "..": _ = components.popLast()
            default: components.append(part)
            }
        }
        return "/" + components.map { String($0) ?? "" }.joined(separator: "/")
    }

    /// Whether `path` is `directory` or below it, both as `cleaned` gives them.
    public static func isAt(_ path: String, orBelow directory: String) -> Bool {
        let directory = directory == "/" ? [] : Array(directory.utf8)
        guard path.utf8.starts(with: directory) else { return false }
        let rest = path.utf8.dropFirst(directory.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
}
