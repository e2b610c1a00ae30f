internal import CZlib
internal import NIOCore
internal import Text

/// Turns a peer's header blocks, which are one zlib stream for the whole connection, into headers.
final class HeaderInflater {
    /// At one address, because zlib keeps a pointer back to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() throws {
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit_(stream, ZLIB_VERSION, size) == Z_OK else {
            throw SPDYError("zlib cannot inflate")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func headers(from block: ByteBuffer) throws -> [SPDYHeader] {
        var bytes = ByteBuffer(bytes: try inflate(block))
        guard let count = bytes.readInteger(as: UInt32.self), count <= SPDYLimits.headerCount else {
            throw SPDYError("too many headers")
        }
        return try (0..<count).map { _ in
            guard let name = Self.string(&bytes), let value = Self.string(&bytes) else {
                throw SPDYError("a header block ends early")
            }
            return SPDYHeader(name: name.lowercasedASCII, value: value)
        }
    }

    private static func string(_ bytes: inout ByteBuffer) -> String? {
        guard let length = bytes.readInteger(as: UInt32.self) else { return nil }
        return bytes.readString(length: Int(length))
    }

    private func inflate(_ block: ByteBuffer) throws -> [UInt8] {
        var input = Array(block.readableBytesView)
        var output = [UInt8](repeating: 0, count: SPDYLimits.headerBlock)
        let (result, count) = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in run(input, output) }
        }
        guard result == Z_OK || result == Z_BUF_ERROR, stream.pointee.avail_in == 0 else {
            throw SPDYError("a header block is not compressed as SPDY/3 says, or too large")
        }
        return Array(output[..<count])
    }

    private func run(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (result: Int32, count: Int) {
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        var result = CZlib.inflate(stream, Z_SYNC_FLUSH)
        if result == Z_NEED_DICT {
            let words = SPDYDictionary.bytes
            result = inflateSetDictionary(stream, words, UInt32(words.count))
            if result == Z_OK { result = CZlib.inflate(stream, Z_SYNC_FLUSH) }
        }
        return (result, output.count - Int(stream.pointee.avail_out))
    }
}
