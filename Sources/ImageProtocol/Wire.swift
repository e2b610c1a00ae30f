package import Model

/// A message as a row of values: numbers of eight bytes, lowest first, and bytes and texts behind their
/// length.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func put(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    package mutating func put(_ number: Int) { put(UInt64(bitPattern: Int64(number))) }

    package mutating func put(_ number: Double) { put(number.bitPattern) }

    package mutating func put(_ number: UInt64?) {
        put(number != nil)
        if let number { put(number) }
    }

    package mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    package mutating func put(_ content: [UInt8]) {
        put(UInt64(content.count))
        bytes += content
    }

    package mutating func put(_ text: String) { put(Array(text.utf8)) }

    package mutating func put(_ text: String?) {
        put(text != nil)
        if let text { put(text) }
    }

    package mutating func put<Element>(
        _ elements: [Element], _ each: (inout WireWriter, Element) -> Void
    ) {
        put(UInt64(elements.count))
        for element in elements { each(&self, element) }
    }
}

/// Reads what a `WireWriter` wrote, or what somebody else did: nothing in it is believed.
package struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }
    private var left: Int { bytes.count - position }

    package static func malformed(_ reason: String) -> GantryError {
        GantryError(.internal, "a malformed message: \(reason)")
    }

    package mutating func byte() throws(GantryError) -> UInt8 {
        guard left > 0 else { throw Self.malformed("it is cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func number() throws(GantryError) -> UInt64 {
        guard left >= 8 else { throw Self.malformed("a number is cut off") }
        defer { position += 8 }
        return bytes[position..<position + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    package mutating func optionalNumber() throws(GantryError) -> UInt64? {
        try flag() ? try number() : nil
    }

    package mutating func integer() throws(GantryError) -> Int {
        Int(Int64(bitPattern: try number()))
    }

    /// A finite number: what is none (IEEE 754) is not even equal to itself.
    package mutating func fraction() throws(GantryError) -> Double {
        let number = Double(bitPattern: try number())
        guard number.isFinite else { throw Self.malformed("\(number) is no finite number") }
        return number
    }

    package mutating func flag() throws(GantryError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        case let other: throw Self.malformed("\(other) is neither true nor false")
        }
    }

    package mutating func content() throws(GantryError) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(left) else { throw Self.malformed("bytes are cut off") }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    package mutating func text() throws(GantryError) -> String {
        guard let text = String(validating: try content(), as: UTF8.self) else {
            throw Self.malformed("a text is no UTF-8")
        }
        return text
    }

    package mutating func optionalText() throws(GantryError) -> String? {
        try flag() ? try text() : nil
    }

    /// Each element takes a byte at least, which bounds how many there can be.
    package mutating func list<Element>(
        _ each: (inout WireReader) throws(GantryError) -> Element
    ) throws(GantryError) -> [Element] {
        let count = try number()
        guard count <= UInt64(left) else { throw Self.malformed("\(count) elements do not fit") }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try each(&self)) }
        return elements
    }

    package func end() throws(GantryError) {
        guard isAtEnd else { throw Self.malformed("it has bytes too many") }
    }
}
