internal import CZstd
internal import Kernel
internal import Model
internal import Synchronization

/// Zstandard (RFC 8878): any number of frames. libzstd refuses windows above 128 MiB by itself, and all
/// that are large share one limit, which bounds the memory that hostile frames can ask for.
final class ZstdInflater: Inflater {
    private let context: OpaquePointer
    private var atFrameEnd = true
    /// What this one has of the limit.
    private var counted = 0

    /// Bytes of all inflaters' windows. The widest are rare: four layers may have them at once.
    private static let limit = 520 << 20
    /// A usual window, of 8 MiB (RFC 8878, 3.1.1.1.2), does not count.
    private static let usual = 12 << 20
    private static let all = Mutex(0)

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("libzstd: out of memory") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
        Self.all.withLock { $0 = $0.minus(counted) }
    }

    /// Asked after each step: a window is reserved at a frame's beginning, and filled later.
    /// - Throws: `resourceExhausted`; a later try may find room.
    private func countWindow() throws(GantryError) {
        let size = ZSTD_sizeof_DCtx(context)
        let wanted = size > Self.usual ? size : 0
        guard wanted != counted else { return }
        let fits = Self.all.withLock { all in
            let sum = all.minus(counted).plus(wanted)
            guard sum <= Self.limit else { return false }
            all = sum
            return true
        }
        guard fits else {
            throw GantryError(
                .resourceExhausted, "zstd: too many layers with wide windows at once: try again")
        }
        counted = wanted
    }

    func inflate(_ input: UnsafeRawBufferPointer, into pipe: BytePipe) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var isFull = false
        while source.pos < source.size || isFull {
            let space = try pipe.space()
            var target = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
            let result = ZSTD_decompressStream(context, &target, &source)
            if ZSTD_isError(result) != 0 {
                let reason = String(cString: ZSTD_getErrorName(result))
                throw GantryError(.dataLoss, "bad zstd stream: \(reason)")
            }
            try countWindow()
            atFrameEnd = result == 0
            isFull = target.pos == target.size && !atFrameEnd
            try pipe.advance(target.pos)
        }
    }

    func finish() throws {
        if !atFrameEnd {
            throw GantryError(.dataLoss, "bad zstd stream: it ends in the middle")
        }
    }
}
