internal import Glibc
internal import ImageProtocol
public import Kernel
internal import Model
internal import System

/// Inflates a file into another one, for what must be read in any order. One thread inflates and
/// another writes.
public struct InflatedCopy: Sendable {
    private let source: FilePart
    private let limit: UInt64

    /// - Parameter limit: bytes that the copy may have.
    public init(of source: FilePart, limit: UInt64) {
        self.source = source
        self.limit = limit
    }

    /// - Parameter open: opens an empty file for writing and reading.
    /// - Throws: `GantryError`: `dataLoss` for a bad stream, `resourceExhausted` beyond the limit;
    ///   `SystemError` of the disk; `CancellationError`.
    public func write(
        to open: @escaping @Sendable () throws -> Descriptor
    ) async throws -> FilePart {
        let pipe = BytePipe(limits: LayerLimits(bytes: limit, ratio: .max), of: "archive")
        let target = try await Blocking.run { FilePart.Owner(try open()) }
        try await withTaskCancellationHandler {
            async let inflated: Void = Blocking.run { try inflate(into: pipe) }
            try await Blocking.run { try Self.drain(pipe, into: target) }
            try await inflated
        } onCancel: {
            pipe.fail(CancellationError())
        }
        return try FilePart(whole: target.descriptor.duplicate(), source.name)
    }

    private func inflate(into pipe: BytePipe) throws {
        do {
            var inflater = DetectingInflater()
            try source.stream { try $0.withUnsafeBytes { try inflater.inflate($0, into: pipe) } }
            try inflater.finish(into: pipe)
            try pipe.finish()
        } catch {
            pipe.fail(error)
            throw error
        }
    }

    private static func drain(_ pipe: BytePipe, into target: FilePart.Owner) throws {
        do {
            while true {
                var rest = try pipe.next()[...]
                if rest.isEmpty { return }
                while !rest.isEmpty {
                    let part = UnsafeRawBufferPointer(rebasing: rest)
                    let count = try syscall("write") {
                        Glibc.write(target.descriptor.raw, part.baseAddress, part.count)
                    }
                    rest = rest.dropFirst(count)
                }
            }
        } catch {
            pipe.fail(error)
            throw error
        }
    }
}
