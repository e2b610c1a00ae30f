internal import Glibc

extension Files {
    /// The name of an open file, for calls that want a path (proc(5), `/proc/pid/fd`). By the number of
    /// this process and not by `self`, since `gantry-images` sees its own threads alone in `/proc`.
    public static func path(of descriptor: Int32) -> String {
        "/proc/\(getpid())/fd/\(descriptor)"
    }
}
