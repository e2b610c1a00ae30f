internal import CLinux
internal import Glibc
internal import Kernel

/// What tells one file of the node from another.
struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64

    init(_ file: borrowing Descriptor) throws(SystemError) {
        var status = stat()
        let raw = file.raw
        try syscall("fstat") { fstat(raw, &status) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// How to open a directory again without its name (name_to_handle_at(2)).
struct DirectoryHandle {
    private let bytes: [UInt8]
    /// The number of the mount that the directory was found on.
    let mount: Int32

    /// Nil where the file system has no handles.
    init?(_ directory: borrowing Descriptor) {
        var bytes = [UInt8](repeating: 0, count: GANTRY_MAX_HANDLE)
        var mount: Int32 = 0
        let size = gantry_directory_handle(directory.raw, &bytes, &mount)
        guard size > 0 else { return nil }
        self.bytes = Array(bytes.prefix(size))
        self.mount = mount
    }

    /// - Parameter neighbour: a directory on the same mount.
    /// - Returns: nil when the directory is gone, or without the privilege.
    func open(on neighbour: borrowing Descriptor) -> Descriptor? {
        let number = gantry_open_directory_handle(neighbour.raw, bytes, bytes.count)
        return number < 0 ? nil : Descriptor(owning: number)
    }
}
