internal import Archive
internal import CLinux
internal import Glibc
internal import Kernel
internal import Model
internal import Synchronization
internal import System

/// A layer that is being unpacked, in a directory that means nothing yet.
final class StagedLayer: Sendable {
    /// `ROOT/staging/NAME`, with the files in `diff`.
    let home: String
    private let result = Mutex<(chain: String, unpacked: UnpackedLayer)?>(nil)
    private let fitting = Mutex(Fitting.waiting)
    private let turn = Semaphore(1)

    private enum Fitting {
        case waiting, done
        case failed(any Error)
    }

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

    /// Fits it into the layers below, once for all pulls that want it.
    /// - Parameters:
    ///   - below: the nearest first, fitted in already.
    ///   - isCancelled: asked while it goes on.
    /// - Throws: as `UnpackedLayer.fit`; once it has failed, nobody can use it any more.
    func fit(
        onto below: [LayerPlace], isCancelled: @escaping @Sendable () -> Bool
    ) async throws {
        try await turn.pass {
            switch fitting.withLock({ $0 }) {
            case .done: return
            case .failed(let error): throw Self.shared(error)
            case .waiting: break
            }
            do {
                try await Blocking.run { try self.fitNow(onto: below, isCancelled) }
                fitting.withLock { $0 = .done }
            } catch {
                fitting.withLock { $0 = .failed(error) }
                throw error
            }
        }
    }

    private func fitNow(onto below: [LayerPlace], _ isCancelled: () -> Bool) throws {
        guard let unpacked else { return }
        let fitted = try unpacked.fit(in: diff, onto: below, isCancelled: isCancelled)
        result.withLock { $0?.unpacked = fitted }
    }

    /// Another pull's end is not this one's.
    private static func shared(_ error: any Error) -> any Error {
        guard error is CancellationError else { return error }
        return GantryError(.unavailable, "another pull of the same layer was cancelled")
    }

    /// Whether it was half fitted when something failed.
    var isSpoilt: Bool {
        if case .failed = fitting.withLock({ $0 }) { true } else { false }
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
