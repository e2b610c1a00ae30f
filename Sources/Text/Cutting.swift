/// Text that the kernel, a file format or a peer reads as bytes, cut as bytes.
///
/// Swift's own `split`, `hasPrefix`, `==`, … go by Characters, and to them "\r\n" is one, "/\u{301}"
/// is no "/", and "é" is the same composed and decomposed. Here separators are ASCII, so that no cut
/// falls within a scalar, and nothing but equal bytes is equal.
extension StringProtocol where SubSequence == Substring, UTF8View: BidirectionalCollection {
    /// What is between the separators.
    public func split(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [Substring] {
        split(maxSplits: maxSplits, omittingEmptySubsequences: omittingEmptySubsequences) {
            $0 == UInt8(ascii: separator)
        }
    }

    /// What is between bytes that separate; these must be ASCII.
    public func split(
        maxSplits: Int = .max, omittingEmptySubsequences: Bool = true,
        whereByte isSeparator: (UInt8) -> Bool
    ) -> [Substring] {
        utf8.split(
            maxSplits: maxSplits, omittingEmptySubsequences: omittingEmptySubsequences,
            whereSeparator: isSeparator
        ).map { self[$0.startIndex..<$0.endIndex] }
    }

    /// Its lines, without empty ones. A carriage return before the newline is no part of a line.
    public var lines: [Substring] {
        split(at: "\n").map { $0.removing(suffix: "\r") ?? $0 }.filter { !$0.isEmpty }
    }

    /// What is between ASCII white space.
    public var words: [Substring] { split { $0.isASCIISpace } }

    /// What is before and after the first separator; nil without one.
    public func cut(at separator: Unicode.Scalar) -> (head: Substring, tail: Substring)? {
        utf8.firstIndex(of: UInt8(ascii: separator)).map { cut(at: $0) }
    }

    /// What is before and after the last separator; nil without one.
    public func cutLast(at separator: Unicode.Scalar) -> (head: Substring, tail: Substring)? {
        utf8.lastIndex(of: UInt8(ascii: separator)).map { cut(at: $0) }
    }

    private func cut(at index: Index) -> (head: Substring, tail: Substring) {
        (self[..<index], self[utf8.index(after: index)...])
    }

    /// What is before the first of these bytes, which must be ASCII; all of it without any.
    public func head(before stop: String) -> Substring {
        let end = utf8.firstIndex { stop.utf8.contains($0) }
        return self[..<(end ?? endIndex)]
    }

    /// The bytes from the start for which `isWanted` says so.
    public func head(whileByte isWanted: (UInt8) -> Bool) -> Substring {
        self[..<(utf8.firstIndex { !isWanted($0) } ?? endIndex)]
    }
}

extension StringProtocol where SubSequence == Substring, UTF8View: BidirectionalCollection {
    public func begins(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    public func ends(with suffix: some StringProtocol) -> Bool {
        utf8.reversed().starts(with: suffix.utf8.reversed())
    }

    /// What follows the prefix; nil when it does not begin with it.
    public func removing(prefix: some StringProtocol) -> Substring? {
        guard begins(with: prefix) else { return nil }
        return self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
    }

    /// What precedes the suffix; nil when it does not end with it.
    public func removing(suffix: some StringProtocol) -> Substring? {
        guard ends(with: suffix) else { return nil }
        return self[..<utf8.index(endIndex, offsetBy: -suffix.utf8.count)]
    }

    /// Without the bytes at both ends for which `isUnwanted` says so, which must be ASCII.
    public func trimming(whereByte isUnwanted: (UInt8) -> Bool) -> Substring {
        let start = utf8.firstIndex { !isUnwanted($0) } ?? endIndex
        let last = utf8.lastIndex { !isUnwanted($0) }
        return self[start..<(last.map { utf8.index(after: $0) } ?? endIndex)]
    }

    /// Without ASCII white space at both ends.
    public var trimmed: Substring { trimming { $0.isASCIISpace } }

    /// Whether a byte of it is this one.
    public func has(_ byte: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: byte)) }

    /// Whether a byte of it is among these.
    public func has(anyOf bytes: String) -> Bool { utf8.contains { bytes.utf8.contains($0) } }

    /// Whether these bytes stand somewhere in it.
    public func has(text: some StringProtocol) -> Bool {
        start(of: text, in: utf8[...]) != nil
    }

    /// What is between these bytes, empty parts included.
    public func split(atText separator: some StringProtocol) -> [Substring] {
        var parts: [Substring] = []
        var rest = utf8[...]
        while !separator.isEmpty, let start = start(of: separator, in: rest) {
            parts.append(self[rest.startIndex..<start])
            rest = rest[start...].dropFirst(separator.utf8.count)
        }
        return parts + [self[rest.startIndex...]]
    }

    private func start(
        of text: some StringProtocol, in bytes: UTF8View.SubSequence
    ) -> Index? {
        let first = text.utf8.first
        var rest = bytes
        while !rest.starts(with: text.utf8) {
            guard let next = rest.dropFirst().firstIndex(where: { $0 == first }) else { return nil }
            rest = rest[next...]
        }
        return rest.startIndex
    }

    /// With each of these bytes replaced, which must be ASCII.
    public func replacing(_ byte: Unicode.Scalar, by text: String) -> String {
        split(at: byte, omittingEmptySubsequences: false).joined(separator: text)
    }
}
