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
