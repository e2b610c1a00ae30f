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
    private let result = Mutex<Result?>(nil)
    private let fitting = Mutex(Fitting.waiting)
    private let turn = Semaphore(1)

    private struct Result {
        let chain: String
        var unpacked: UnpackedDescription
        let worker: ImageWorker
    }

    private enum Fitting {
        case waiting, done
        case failed(any Error)
    }

    /// What another pull left half-done; it must be fetched once more.
    struct Spoilt: Error {
        let chain: String
    }

    var diff: String { "\(home)/diff" }
    var tar: String { "\(home)/\(TarInfo.name)" }
    private let format: LayerFormat

    init(in directory: String, as format: LayerFormat) throws {
        home = "\(directory)/\(Self.freshName())"
        self.format = format
        try Files.makeDirectories(format == .tree ? diff : home)
    }

    static func freshName() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }

    func finish(_ chain: String, _ unpacked: UnpackedDescription, by worker: ImageWorker) {
        result.withLock { $0 = Result(chain: chain, unpacked: unpacked, worker: worker) }
    }

    /// Whether this process unpacked it, and so has its directory.
    func isOf(_ worker: ImageWorker) -> Bool { result.withLock { $0?.worker === worker } }

    /// Has it fitted into the layers below, once for all pulls that want it.
    /// - Parameter work: does so; what it returns is what the layer takes afterwards.
    /// - Throws: what `work` throws; `Spoilt` when another pull began it and did not end it.
    func fit(_ work: @Sendable () async throws -> FittedDescription) async throws {
        try await turn.pass {
            switch fitting.withLock({ $0 }) {
            case .done: return
            case .failed(let error): throw shared(error)
            case .waiting: break
            }
            do {
                let fitted = try await work()
                result.withLock {
                    $0?.unpacked.bytes = fitted.bytes
                    $0?.unpacked.contents = fitted.contents
                }
                fitting.withLock { $0 = .done }
            } catch {
                fitting.withLock { $0 = .failed(error) }
                throw error
            }
        }
    }

    /// Another pull's end is not this one's.
    private func shared(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is WorkerEnd: Spoilt(chain: chain ?? "")
        default: error
        }
    }

    /// Whether it was half fitted when something failed.
    var isSpoilt: Bool {
        if case .failed = fitting.withLock({ $0 }) { true } else { false }
    }

    var chain: String? { result.withLock { $0?.chain } }

    /// For the process that works on it: the directory of the files, and the file for its notes, by
    /// which another process can go on. Blocks.
    func filesForWork() throws(SystemError) -> [OpenFile] {
        let notes = try Files.open(notes, O_RDWR | O_CREAT | GANTRY_O_NOFOLLOW)
        return [try OpenFile(apart: diff, isReadOnly: false), OpenFile(notes)]
    }

    /// The empty file for the tar. Blocks.
    func tarForWork() throws(SystemError) -> OpenFile {
        OpenFile(try Files.open(tar, O_WRONLY | O_CREAT | O_EXCL))
    }

    private var notes: String { "\(home)/\(StagedForms.notes)" }

    /// What is to be put in place; nil while it is not whole.
    var staged: StagedForms? {
        guard let result = result.withLock({ $0 }) else { return nil }
        let (unpacked, diffID) = (result.unpacked, result.unpacked.diffID.description)
        var forms = LayerForms()
        switch format {
        case .tree:
            forms.tree = LayerInfo(
                diffID: diffID, bytes: unpacked.bytes, inodes: unpacked.inodes,
                contents: unpacked.contents)
        case .erofs: forms.tar = TarInfo(diffID: diffID, size: unpacked.bytes)
        }
        return StagedForms(chain: result.chain, home: home, forms: forms)
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
