public import ImageProtocol
public import ImageTree
internal import Kernel
public import Model
internal import Synchronization

/// One layer on its way from a registry's bytes to a directory, in one pass and without a copy of
/// either form: compressed bytes → digest → inflate → digest → tar → files.
///
/// Two threads meet here: the download calls `write` and `finish`, another `unpack`. An error of
/// either ends both. All of it blocks: call it off the concurrency pool.
public final class LayerStream: ContentSink {
    private struct Inflow: ~Copyable {
        var check: ContentCheck
        var inflater = DetectingInflater()

        init(_ digest: Digest, _ size: UInt64) {
            check = ContentCheck(digest, size: size)
        }
    }

    private let inflow: Mutex<Inflow>
    let pipe: BytePipe
    private let limits: LayerLimits

    /// - Parameters:
    ///   - digest: what the compressed bytes must have.
    ///   - size: how many of them there are.
    public init(digest: Digest, size: UInt64, limits: LayerLimits = LayerLimits()) {
        inflow = Mutex(Inflow(digest, size))
        pipe = BytePipe(limits: limits)
        self.limits = limits
    }

    public var received: UInt64 { inflow.withLock { $0.check.count } }

    /// Takes the next compressed bytes; waits while the unpacking is behind.
    /// - Throws: `GantryError` (`dataLoss`) for a bad stream, or what ended the unpacking.
    public func write(_ bytes: RawSpan) throws {
        try inflow.withLock { inflow in
            try bytes.withUnsafeBytes { bytes in
                try inflow.check.add(bytes)
                pipe.take(compressed: bytes.count)
                try inflow.inflater.inflate(bytes, into: pipe)
            }
        }
    }

    /// Says that the last byte has come, and checks size and digest.
    public func finish() throws {
        try inflow.withLock { inflow in
            try inflow.check.finish()
            try inflow.inflater.finish(into: pipe)
            try pipe.finish()
        }
    }

    /// Ends both sides with an error.
    public func fail(_ error: any Error) {
        pipe.fail(error)
    }

    /// Unpacks into an empty directory that is there.
    /// - Throws: `GantryError`: `dataLoss` for a broken archive, `invalidArgument` for one that no
    ///   container could use, `resourceExhausted` beyond the limits; `SystemError` of the disk.
    public func unpack(
        into directory: String, _ privileges: Privileges = .root
    ) throws -> UnpackedLayer {
        do {
            let reader = TarReader(pipe)
            let writer = try LayerWriter(directory, privileges, limits)
            while let entry = try reader.next() { try writer.write(entry, reader) }
            let diffID = try reader.finish()
            try writer.finish()
            return UnpackedLayer(
                diffID: diffID, bytes: writer.bytes, inodes: writer.inodes,
                contents: writer.contents, privileges: privileges,
                implicit: writer.parents.implicit, linksBelow: Array(writer.linksBelow.values),
                limits: limits)
        } catch {
            pipe.fail(error)
            throw error
        }
    }
}
