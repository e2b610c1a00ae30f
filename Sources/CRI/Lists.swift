/// Responses that are lists, put together from elements that are encoded already.
public enum Lists {
    /// The encoding of a message whose only content is the repeated message field `field`.
    ///
    /// In protobuf that is the concatenation of its elements, each behind its tag and length
    /// (protobuf.dev, Encoding, "Repeated Elements").
    public static func repeated(field: Int, _ elements: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(0) { $0 + $1.count + 6 })
        for element in elements {
            append(UInt64(field) << 3 | 2, to: &bytes)
            append(UInt64(element.count), to: &bytes)
            bytes += element
        }
        return bytes
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
