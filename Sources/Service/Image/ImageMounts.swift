internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import System
internal import Text

/// Images that people have mounted by `gantry image mount`.
///
/// The mount table is the record, since the mount's source names the image: so a mount stays when the
/// daemon is started anew, is gone after a reboot, and may be taken away by umount(8) as well.
final class ImageMounts: Sendable {
    struct Entry: Hashable, Sendable {
        let image: String
        let path: String
    }

    private struct State {
        var mounted: Set<String> = []
        /// Those that are about to be, with how many times.
        var coming: [String: Int] = [:]
        var leaving: Set<String> = []
    }

    private let state = Mutex(State())

    private static let scheme = "gantry-image:"

    /// What the mount table shows as the source.
    static func source(of image: String) -> String { scheme + image }

    /// IDs of images that are mounted or about to be, from memory: some may have been unmounted by others.
    var ids: Set<String> {
        state.withLock { $0.mounted.union($0.coming.keys) }
    }

    /// Reads the mount table. Blocks.
    func read() throws -> [Entry] {
        let entries = Self.entries(try Files.readText("/proc/self/mountinfo"))
        state.withLock { $0.mounted = Set(entries.map(\.image)) }
        return entries
    }

    /// proc_pid_mountinfo(5): the fifth field is the place, the second after `-` the source.
    static func entries(_ table: String) -> [Entry] {
        table.split(at: "\n").compactMap { line in
            let fields = line.split(at: " ")
            guard let dash = fields.firstIndex(where: { $0 == "-" }), dash > 4,
                fields.count > dash + 2,
                fields[dash + 1] == "overlay",
                let image = String(fields[dash + 2]).removing(prefix: scheme)
            else { return nil }
            return Entry(image: String(image), path: MountTable.unescaped(fields[4]))
        }
    }

    /// Mounts an image by `body`, which blocks; until it returns the image is not removed.
    /// - Throws: `failedPrecondition` while it is being removed; what `body` throws.
    func mount(_ image: String, _ body: @escaping @Sendable () throws -> Void) async throws {
        try state.withLock { state in
            guard !state.leaving.contains(image) else {
                throw GantryError(.failedPrecondition, "image \(image) is being removed")
            }
            state.coming[image, default: 0] += 1
        }
        defer {
            state.withLock { state in
                let left = state.coming[image, default: 1] - 1
                state.coming[image] = left == 0 ? nil : left
            }
        }
        try await Blocking.run {
            try body()
            _ = try self.read()
        }
    }

    /// - Throws: `failedPrecondition`, with the places, when it is mounted.
    func beginRemoval(of image: String) async throws {
        // No read of the table where nothing was ever mounted.
        if ids.contains(image) {
            let places = try await Blocking.run { try self.read() }.filter { $0.image == image }
            guard places.isEmpty else {
                let paths = places.map(\.path).joined(separator: ", ")
                throw GantryError(
                    .failedPrecondition,
                    "image \(image) is in use: it is mounted on \(paths) (gantry image unmount)")
            }
        }
        try state.withLock { state in
            guard state.coming[image] == nil else {
                throw GantryError(.failedPrecondition, "image \(image) is being mounted")
            }
            state.leaving.insert(image)
        }
    }

    func endRemoval(of image: String) {
        state.withLock { _ = $0.leaving.remove(image) }
    }

    /// For when all goes: whoever still looks at files keeps these until it closes them.
    func unmountAll() async throws {
        try await Blocking.run {
            for entry in try self.read() { try Mounts.unmountNow(entry.path) }
            _ = try self.read()
        }
    }
}
