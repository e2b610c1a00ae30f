internal import CLinux
internal import Glibc
internal import Kernel
internal import Synchronization
internal import System

/// An image whose layers are indexed and not unpacked, mounted: its index, an EROFS file system without
/// content, over the layers' tars. It stays for as long as somebody has it, and longer where overlay is
/// mounted over it.
final class IndexMount: Sendable {
    let mount: DetachedMount

    /// - Parameters:
    ///   - index: the path of the metadata.
    ///   - tars: the paths of its devices, in their order.
    /// - Throws: `SystemError`.
    init(index: String, tars: [String]) throws(SystemError) {
        let label = Self.label(index)
        // By number: a string has 256 bytes at most (fsconfig(2)), and nothing can take the paths' place.
        let index = try Files.open(index, O_RDONLY | GANTRY_O_NOFOLLOW)
        var devices: [Int32] = []
        defer { devices.forEach { close($0) } }
        for tar in tars {
            devices.append(try Files.open(tar, O_RDONLY | GANTRY_O_NOFOLLOW).release())
        }
        mount = try DetachedMount(
            type: "erofs",
            [.text("source", "/proc/self/fd/\(index.raw)"), .flag("ro")]
                + devices.map { .text("device", "/proc/self/fd/\($0)") } + label,
            .readOnly)
    }

    /// With SELinux, the image's files have the label that unpacked ones would have got where the index is:
    /// those that the policy gives to files without one are for nobody to write, and overlay copies them
    /// up with theirs.
    private static func label(_ index: String) -> [DetachedMount.Parameter] {
        SecurityLabels.label(of: index).map { [.text("context", $0)] } ?? []
    }
}

/// The images in use, each mounted once for all of its containers, so that they have one page cache.
/// After a restart of the daemon each is mounted anew for the first container that comes.
final class IndexMounts: Sendable {
    private let mounts = Mutex<[Key: Entry]>([:])

    /// The numbers of the files: one that was damaged may have been replaced.
    private typealias Key = [UInt64]

    private struct Entry {
        let mount: IndexMount
        var users: Set<String>
    }

    /// - Parameter user: a container, which has it until `release`.
    /// - Throws: `SystemError`. Blocks.
    func mount(_ layers: IndexedLayers, for user: String) throws -> IndexMount {
        let key = try ([layers.index] + layers.tars).map(Self.number(of:))
        if let there = take(key, user) { return there }
        // Outside of the lock; of two at the same time the first counts.
        let new = try IndexMount(index: layers.index, tars: layers.tars)
        return mounts.withLock { mounts in
            mounts[key, default: Entry(mount: new, users: [])].users.insert(user)
            return mounts[key]?.mount ?? new
        }
    }

    private static func number(of file: String) throws(SystemError) -> UInt64 {
        var status = stat()
        try syscall("lstat", file) { lstat(file, &status) }
        return UInt64(status.st_ino)
    }

    private func take(_ key: Key, _ user: String) -> IndexMount? {
        mounts.withLock { mounts in
            mounts[key]?.users.insert(user)
            return mounts[key]?.mount
        }
    }

    /// What nobody uses is unmounted.
    func release(_ user: String) {
        let left = mounts.withLock { mounts in
            let used = mounts.filter { $0.value.users.contains(user) }.map(\.key)
            return used.compactMap { key in
                mounts[key]?.users.remove(user)
                return mounts[key]?.users.isEmpty == true
                    ? mounts.removeValue(forKey: key) : nil
            }
        }
        // Unmounting may read and write: not under the lock.
        withExtendedLifetime(left) {}
    }

    var count: Int { mounts.withLock { $0.count } }
}
