/// Encodings are put together from parts: fields may stand in any order, and the concatenation of two
/// encodings is that of one message with the fields of both (protobuf, "Encoding", "Last One Wins").
extension [UInt8] {
    /// One more field, or element of a repeated one, whose value is a message that is encoded already.
    package mutating func append(field number: Int, _ message: [UInt8]) {
        let lengthDelimited = 2
        append(varint: UInt64(truncatingIfNeeded: number << 3 | lengthDelimited))
        append(varint: UInt64(message.count))
        append(contentsOf: message)
    }

    private mutating func append(varint number: UInt64) {
        var rest = number
        while rest > 0x7f {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
