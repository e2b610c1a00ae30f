internal import CZstd
internal import Model

/// Zstandard (RFC 8878): any number of frames. libzstd refuses windows above 128 MiB by itself,
/// which bounds the memory that a hostile frame can ask for.
final class ZstdInflater: Inflater {
    private let context: OpaquePointer
    private var atFrameEnd = true

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("libzstd: out of memory") }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
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
