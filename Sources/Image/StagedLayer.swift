internal import Archive
internal import CLinux
internal import Glibc
internal import Kernel
internal import Synchronization
internal import System

/// A layer that is being unpacked, in a directory that means nothing yet.
final class StagedLayer: Sendable {
    /// `ROOT/staging/NAME`, with the files in `diff`.
    let home: String
    private let result = Mutex<(chain: String, unpacked: UnpackedLayer)?>(nil)

    var diff: String { "\(home)/diff" }

    init(in directory: String) throws {
        home = "\(directory)/\(Self.freshName())"
        try Files.makeDirectories(diff)
    }

    static func freshName() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    func finish(_ chain: String, _ unpacked: UnpackedLayer) {
        result.withLock { $0 = (chain, unpacked) }
    }

    var chain: String? { result.withLock { $0?.chain } }

    var unpacked: UnpackedLayer? { result.withLock { $0?.unpacked } }

    var info: LayerInfo? {
        unpacked.map {
            LayerInfo(
                diffID: $0.diffID.description, bytes: $0.bytes, inodes: $0.inodes,
                contents: $0.contents.value)
        }
    }

    func writeInfo() throws {
        try info?.write(to: home)
    }

    /// Removes what is left in staging; a committed layer has moved away.
    func discard() async throws {
        try await Trees.remove(home)
    }
}

func renameLayer(_ source: String, to target: String) throws(SystemError) {
    try syscall("rename", target) { rename(source, target) }
}

func syncFileSystem(of directory: String) throws(SystemError) {
    let opened = try Files.open(directory, O_RDONLY | GANTRY_O_DIRECTORY)
    try syscall("syncfs", directory) { gantry_syncfs(opened.raw) }
}
