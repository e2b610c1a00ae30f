internal import CLinux
internal import Glibc
public import Kernel

/// The names in a directory, one after the other, while they are moved out of it; however many there
/// are, they take no memory.
public final class DirectoryNames {
    private let stream: OpaquePointer

    public init(_ directory: borrowing Descriptor) throws(SystemError) {
        let number = directory.raw
        // With a position of its own.
        let flags = O_RDONLY | GANTRY_O_DIRECTORY
        let own = Descriptor(owning: try syscall("open") { gantry_openat(number, ".", flags, 0) })
        guard let stream = fdopendir(own.raw) else { throw SystemError("fdopendir", errno: errno) }
        _ = own.release()
        self.stream = stream
    }

    deinit {
        closedir(stream)
    }

    /// The next one, which ends in a zero, without `.` and `..`.
    public func next() -> [CChar]? {
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                Array(bytes.bindMemory(to: CChar.self).prefix { $0 != 0 }) + [0]
            }
            if name != [46, 0] && name != [46, 46, 0] { return name }
        }
        return nil
    }
}
