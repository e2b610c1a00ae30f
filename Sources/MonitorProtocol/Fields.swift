/// A message as a row of texts, each behind its length as four bytes, lowest first. One message is
/// one packet of the socket.
///
/// Texts and decimal numbers are all there is: a message that a person can read in strace, and a
/// decoder with nothing to get wrong.
public struct FieldWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func put(_ text: String) {
        let utf8 = Array(text.utf8)
        var length = UInt32(utf8.count)
        for _ in 0..<4 {
            bytes.append(UInt8(length & 0xff))
            length >>= 8
        }
        bytes += utf8
    }

    public mutating func put(_ number: some BinaryInteger) {
        put(String(number))
    }

    public mutating func put(_ flag: Bool) {
        put(flag ? 1 : 0)
    }

    public mutating func put(_ texts: [String]) {
        put(texts.count)
        for text in texts { put(text) }
    }
}

/// What is wrong with a message.
public struct MalformedMessage: Error, Equatable, Sendable {
    public let reason: String
}

public struct FieldReader {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    public var isAtEnd: Bool { rest.isEmpty }

    public mutating func text() throws(MalformedMessage) -> String {
        guard rest.count >= 4 else { throw MalformedMessage(reason: "a length is cut off") }
        var length = 0
        for byte in rest.prefix(4).reversed() { length = length << 8 | Int(byte) }
        rest = rest.dropFirst(4)
        guard rest.count >= length else { throw MalformedMessage(reason: "a text is cut off") }
        defer { rest = rest.dropFirst(length) }
        // It may become a C string, which would end at a NUL unseen.
        guard !rest.prefix(length).contains(0) else {
            throw MalformedMessage(reason: "a text holds a NUL")
        }
        return String(decoding: rest.prefix(length), as: UTF8.self)
    }

    public mutating func number<Number: FixedWidthInteger>() throws(MalformedMessage) -> Number {
        let text = try text()
        guard let number = Number(text) else {
            throw MalformedMessage(reason: "\(text) is not a number that fits")
        }
        return number
    }

    public mutating func flag() throws(MalformedMessage) -> Bool {
        let number: Int = try number()
        return number != 0
    }

    public mutating func texts() throws(MalformedMessage) -> [String] {
        let count: Int = try number()
        guard count >= 0, count <= rest.count / 4 else {
            throw MalformedMessage(reason: "\(count) texts do not fit")
        }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }
}
