internal import CLinux
internal import Glibc
internal import ImageProtocol
internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// A layer that is being unpacked, in a directory that means nothing yet.
final class StagedLayer: Sendable {
    /// `ROOT/staging/NAME`, with the files in `diff`.
    let home: String
    private let state = Mutex(State.empty)

    private enum State {
        case empty
        case unpacked(chain: String, UnpackedDescription, by: ObjectIdentifier)
        case spoiled
    }

    var diff: String { "\(home)/diff" }

    init(in directory: String) throws {
        home = "\(directory)/\(Self.freshName())"
        try Files.makeDirectories(diff)
    }

    static func freshName() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    func finish(_ chain: String, _ unpacked: UnpackedDescription, by worker: ImageWorker) {
        state.withLock { $0 = .unpacked(chain: chain, unpacked, by: ObjectIdentifier(worker)) }
    }

    var chain: String? {
        state.withLock { if case .unpacked(let chain, _, _) = $0 { chain } else { nil } }
    }

    /// Whether this process unpacked it.
    func isOf(_ worker: ImageWorker) -> Bool {
        state.withLock {
            if case .unpacked(_, _, let by) = $0 { by == ObjectIdentifier(worker) } else { false }
        }
    }

    func fitted(isContentKnown: Bool) {
        if isContentKnown { return }
        state.withLock { state in
            guard case .unpacked(let chain, var unpacked, let by) = state else { return }
            unpacked.contents = nil
            state = .unpacked(chain: chain, unpacked, by: by)
        }
    }

    /// Somebody did half of what was to be done to it.
    func spoil() {
        state.withLock { $0 = .spoiled }
    }

    var isSpoiled: Bool { state.withLock { if case .spoiled = $0 { true } else { false } } }

    /// It must be fetched once more.
    struct Spoiled: Error {
        let chain: String
    }

    /// For the process that works on it: the directory of the files, and the file for what it writes
    /// down of them. Blocks.
    func filesForWork() throws(SystemError) -> [OpenFile] {
        let notes = try Files.open(notes, O_RDWR | O_CREAT | GANTRY_O_NOFOLLOW)
        return [try OpenFile(apart: diff, isReadOnly: false), OpenFile(notes)]
    }

    private var notes: String { "\(home)/implicit" }

    var info: LayerInfo? {
        state.withLock { state in
            guard case .unpacked(_, let unpacked, _) = state else { return nil }
            return LayerInfo(
                diffID: unpacked.diffID.description, bytes: unpacked.bytes,
                inodes: unpacked.inodes, contents: unpacked.contents)
        }
    }

    func writeInfo() throws {
        try Files.remove(notes)
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
