internal import CZstd
internal import Model

/// Zstandard (RFC 8878), one frame.
final class ZstdDeflater: Deflater {
    private let context: OpaquePointer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("libzstd: out of memory") }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
        buffer.deallocate()
    }

    func deflate(
        _ input: UnsafeRawBufferPointer, isLast: Bool,
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var left = 0
        repeat {
            var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            left = ZSTD_compressStream2(
                context, &target, &source, isLast ? ZSTD_e_end : ZSTD_e_continue)
            if ZSTD_isError(left) != 0 {
                throw GantryError(.internal, "zstd: \(String(cString: ZSTD_getErrorName(left)))")
            }
            try sink(UnsafeRawBufferPointer(rebasing: buffer[..<target.pos]))
        } while source.pos < source.size || (isLast && left != 0)
    }
}
