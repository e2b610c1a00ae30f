internal import CZlib
internal import Model

/// Plain bytes in, compressed bytes out. The same bytes always give the same.
protocol Deflater: AnyObject {
    func deflate(
        _ input: UnsafeRawBufferPointer, isLast: Bool,
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws
}

/// gzip (RFC 1952) with zlib: what ISA-L writes depends on the processor.
final class GzipDeflater: Deflater {
    /// It points into itself, so it stays where it is.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)

    /// zlib's own default, with a gzip header in place of zlib's (deflateInit2: windowBits above 15).
    private static let (level, window, memory): (Int32, Int32, Int32) = (6, 31, 8)

    init() {
        stream.initialize(to: z_stream())
        let started = deflateInit2_(
            stream, Self.level, Z_DEFLATED, Self.window, Self.memory, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { fatalError("zlib: out of memory") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    func deflate(
        _ input: UnsafeRawBufferPointer, isLast: Bool,
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let bytes = UnsafeMutableRawBufferPointer(mutating: input)
        stream.pointee.next_in = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(clamping: input.count)
        repeat {
            stream.pointee.next_out = buffer.assumingMemoryBound(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(clamping: buffer.count)
            let result = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                throw GantryError(.internal, "deflate says \(result)")
            }
            let count = buffer.count - Int(stream.pointee.avail_out)
            try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } while stream.pointee.avail_out == 0
    }
}
