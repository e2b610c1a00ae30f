internal import CLinux
internal import Glibc
public import ImageProtocol
public import ImageTree
internal import Kernel
public import Model
internal import Synchronization
internal import Text

/// A blob that is a file just as it comes, on its way into a layer's directory: what artifacts have
/// in place of tars. All of it blocks: call it off the concurrency pool.
public final class FileStream: ContentSink {
    private struct Inflow: ~Copyable {
        var check: ContentCheck
        var sum = FileSum()
    }

    private let inflow: Mutex<Inflow>
    private let file: Descriptor
    private let digest: Digest
    private let name: String
    private let size: UInt64
    private let directories: Int

    /// - Parameters:
    ///   - digest: what the bytes must have.
    ///   - size: how many of them there are.
    ///   - name: where the file goes; a path without `..`, below `directory`, which is empty.
    public init(
        digest: Digest, size: UInt64, to name: String, in directory: String, limits: LayerLimits
    ) throws {
        try limits.check(name, size)
        inflow = Mutex(Inflow(check: ContentCheck(digest, size: size)))
        (self.digest, self.name, self.size) = (digest, name, size)
        let parents = name.split(at: "/").dropLast()
        directories = parents.count
        var path = directory
        for parent in parents {
            path += "/\(parent)"
            try Files.makeDirectories(path)
            try syscall("chmod", path) { chmod(path, 0o755) }
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | GANTRY_O_NOFOLLOW
        file = try Files.open("\(directory)/\(name)", flags)
    }

    public var received: UInt64 { inflow.withLock { $0.check.count } }

    public func write(_ bytes: RawSpan) throws {
        try inflow.withLock { inflow in
            try bytes.withUnsafeBytes { bytes in
                let offset = inflow.check.count
                try inflow.check.add(bytes)
                inflow.sum.add(bytes, at: offset)
                try append(bytes)
            }
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try syscall("write", name) {
                Glibc.write(file.raw, part.baseAddress, part.count)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that the last byte has come, and checks size and digest.
    public func finish(_ privileges: Privileges) throws -> UnpackedLayer {
        let contents = ContentSum()
        try inflow.withLock { inflow in
            try inflow.check.finish()
            contents.add(inflow.sum)
        }
        try syscall("fchmod", name) { fchmod(file.raw, 0o644) }
        let pages = (size + 4095) & ~4095
        return UnpackedLayer(
            diffID: digest, bytes: pages + UInt64(directories) * 4096,
            inodes: UInt64(directories) + 1, contents: contents, privileges: privileges,
            implicit: [], linksBelow: [], limits: LayerLimits())
    }
}
