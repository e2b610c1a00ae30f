internal import NIOCore

extension ByteBuffer {
    /// Adds what has come to what is not yet read, without a copy where nothing is left.
    mutating func receive(_ bytes: ByteBuffer) {
        if readableBytes == 0 {
            self = bytes
        } else {
            discardReadBytes()
            writeImmutableBuffer(bytes)
        }
    }
}
