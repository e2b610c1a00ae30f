/// Paths as plain strings: the kernel's own type for them.
public enum Path {
    /// Everything before the last slash; `/` and `.` stand for themselves.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    public static func lastComponent(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }
}
