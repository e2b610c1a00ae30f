internal import CLinux
internal import Glibc
public import ImageTree
public import Kernel
internal import Model
internal import System

/// The archive of a checkpoint in the layout that containerd, CRI-O and checkpointctl share: files that are
/// ready, the container's log, and what it has written as a tar of its own.
public struct CheckpointTar: Sendable {
    /// The path of a directory whose files are at the top.
    let ready: String
    /// That of the container's writable layer, as overlay has it.
    let layer: String
    /// Nil where there is none.
    let log: FilePart?
    let privileges: Privileges

    public init(
        ready: String, layer: String, log: FilePart?, _ privileges: Privileges = .root
    ) {
        self.ready = ready
        self.layer = layer
        self.log = log
        self.privileges = privileges
    }

    /// Blocks.
    /// - Parameter file: empty.
    /// - Throws: `SystemError`; `GantryError` (`dataLoss` for a file that became shorter); `CancellationError`.
    public func write(to file: borrowing Descriptor, isCancelled: () -> Bool) throws {
        try TreeTar.writeMembers(of: ready, to: file, privileges, isCancelled: isCancelled)
        if let log { try add(log, to: file, isCancelled) }
        try addLayer(to: file, isCancelled)
        var end = TarWriter(to: file)
        _ = try end.finish()
    }

    private func add(
        _ log: FilePart, to file: borrowing Descriptor, _ isCancelled: () -> Bool
    ) throws {
        var tar = TarWriter(to: file)
        try tar.add(Self.header("container.log", log.size))
        try log.stream { bytes in
            if isCancelled() { throw CancellationError() }
            try bytes.withUnsafeBytes { try tar.write($0) }
        }
        try tar.write(TarHeader.padding(log.size))
    }

    /// Its size is known, and put before it, once it is written: a second copy would take as much room again.
    private func addLayer(to file: borrowing Descriptor, _ isCancelled: () -> Bool) throws {
        let number = file.raw
        let place = try syscall("lseek") { lseek(number, 0, SEEK_CUR) }
        let room = Self.header(Self.layerName, 0).bytes.count
        try Files.writeAll([UInt8](repeating: 0, count: room), to: file, Self.layerName)
        let size = try TreeTar.writeChanges(layer, to: file, privileges, isCancelled: isCancelled)
        let header = Self.header(Self.layerName, size).bytes
        guard header.count == room else {
            throw GantryError(.internal, "the header of \(Self.layerName) has no room")
        }
        var rest = header[...]
        while !rest.isEmpty {
            let offset = place + off_t(room - rest.count)
            let count = try syscall("pwrite", Self.layerName) {
                rest.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, offset) }
            }
            rest = rest.dropFirst(count)
        }
    }

    private static let layerName = "rootfs-diff.tar"

    /// With a record of its time, and therefore of one length for every size.
    private static func header(_ name: String, _ size: UInt64) -> TarHeader {
        var header = TarHeader(name: Array(name.utf8), type: UInt8(ascii: "0"))
        (header.mode, header.size) = (0o600, size)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        header.modified = TarTime(seconds: Int64(now.tv_sec), nanoseconds: 1)
        return header
    }
}
