internal import CZlib
internal import NIOCore

/// Makes header blocks, which are one zlib stream for the whole connection.
final class HeaderDeflater {
    /// At one address, because zlib keeps a pointer back to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() throws {
        stream.initialize(to: z_stream())
        let words = SPDYDictionary.bytes
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit_(stream, Z_BEST_SPEED, ZLIB_VERSION, size) == Z_OK,
            deflateSetDictionary(stream, words, UInt32(words.count)) == Z_OK
        else { throw SPDYError("zlib cannot deflate") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func block(of headers: [SPDYHeader]) throws -> ByteBuffer {
        var plain = ByteBuffer(integer: UInt32(headers.count))
        for header in headers {
            for text in [header.name, header.value] {
                plain.writeInteger(UInt32(text.utf8.count))
                plain.writeString(text)
            }
        }
        return try deflate(Array(plain.readableBytesView))
    }

    private func deflate(_ plain: [UInt8]) throws -> ByteBuffer {
        var plain = plain
        var output = [UInt8](repeating: 0, count: plain.count + plain.count / 8 + 128)
        let result = plain.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                return CZlib.deflate(stream, Z_SYNC_FLUSH)
            }
        }
        guard result == Z_OK, stream.pointee.avail_in == 0 else {
            throw SPDYError("zlib cannot deflate")
        }
        return ByteBuffer(bytes: output[..<(output.count - Int(stream.pointee.avail_out))])
    }
}
