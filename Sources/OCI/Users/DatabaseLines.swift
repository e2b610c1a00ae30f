/// The lines of a file of accounts that may be entries, without their ends, whether LF or CR LF.
///
/// Comments are left out, and lines with a NUL, which every reader in C takes for the end of something.
struct DatabaseLines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func next() -> ArraySlice<UInt8>? {
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            var line = rest[..<end]
            rest = rest[end...].dropFirst()
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            if !line.isEmpty, line.first != UInt8(ascii: "#"), !line.contains(0) { return line }
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// What colons separate; one more than `most` where there are more.
    func fields(atMost most: Int) -> [ArraySlice<UInt8>] {
        split(separator: UInt8(ascii: ":"), maxSplits: most, omittingEmptySubsequences: false)
    }

    /// These digits as a user or group ID, nil when they are none.
    var id: UInt32? {
        guard !isEmpty, allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let id = UInt32(String(decoding: self, as: UTF8.self)), AccountName.isID(id)
        else { return nil }
        return id
    }
}
