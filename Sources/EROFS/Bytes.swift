/// Bytes that are filled in place; numbers are little-endian.
struct Bytes {
    private(set) var array: [UInt8]

    init(count: Int) {
        array = Array(repeating: 0, count: count)
    }

    mutating func put(_ value: some FixedWidthInteger, at position: Int) {
        array.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: value.littleEndian, toByteOffset: position, as: type(of: value))
        }
    }

    mutating func put(_ bytes: [UInt8], at position: Int) {
        array.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyBytes(from: bytes)
        }
    }
}
