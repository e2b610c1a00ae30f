/// Classes of bytes, whatever the locale and Unicode say.
extension UInt8 {
    public var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    public var isASCIILetter: Bool { isASCIIUpper || (0x61...0x7a).contains(self) }
    public var isASCIIUpper: Bool { (0x41...0x5a).contains(self) }

    /// One of `0-9a-fA-F`.
    public var isHexDigit: Bool { isASCIIDigit || (0x61...0x66).contains(self | 0x20) }

    /// A space, or one of `\t\n\v\f\r` (isspace(3) in the C locale).
    public var isASCIISpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }

    /// What a terminal or a reader of lines may act upon.
    public var isASCIIControl: Bool { self < 0x20 || self == 0x7f }
}

extension StringProtocol where SubSequence == Substring, UTF8View: BidirectionalCollection {
    /// Names of protocols have no case, and are ASCII: "\u{212a}" (the sign for kelvin) is no k.
    public var lowercasedASCII: String { mapped { $0.isASCIIUpper ? $0 | 0x20 : $0 } }
    public var uppercasedASCII: String {
        mapped { $0.isASCIILetter ? $0 & ~0x20 : $0 }
    }

    private func mapped(_ change: (UInt8) -> UInt8) -> String {
        String(decoding: utf8.map(change), as: UTF8.self)
    }

    /// Whether all of it is a number of the form `[0-9]+`.
    public var isDecimal: Bool { !isEmpty && utf8.allSatisfy(\.isASCIIDigit) }
}
