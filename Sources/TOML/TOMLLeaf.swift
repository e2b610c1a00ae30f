/// A key of a document, by its path, with a value that is no table.
public struct TOMLLeaf: Sendable {
    public let path: [String]
    let value: TOMLValue

    public var string: String? { value.string }
    public var bool: Bool? { value.bool }
    public var integer: Int? { value.integer }

    public var number: Double? {
        if case .number(let number) = value { return number }
        return value.integer.map(Double.init)
    }

    /// A string stands for a list of one.
    public var strings: [String]? {
        if let string = value.string { return [string] }
        guard let array = value.array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }

    /// What programs write for a value that nobody chose: false, 0, and what is empty.
    public var isEmpty: Bool {
        switch value {
        case .string(let text): text.isEmpty
        case .integer(let number): number == 0
        case .number(let number): number == 0
        case .bool(let flag): !flag
        case .array(let elements): elements.isEmpty
        case .table(let table): table.keys.isEmpty
        case .time: false
        }
    }

    /// For people: the path and the value.
    public var text: String {
        path.map(TOMLText.key).joined(separator: ".") + " = " + Self.text(value)
    }

    /// Nested values are told in short: nobody reads them back.
    private static func text(_ value: TOMLValue) -> String {
        switch value {
        case .string(let text): TOMLText.quoted(text)
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .time(let text): text
        case .array(let elements):
            elements.allSatisfy { $0.string != nil }
                ? TOMLText.list(elements.compactMap(\.string)) : "[…]"
        case .table: "{…}"
        }
    }
}

extension TOMLSection {
    /// All of them, in the order of the file.
    public var leaves: [TOMLLeaf] {
        var leaves: [TOMLLeaf] = []
        var rest: [(path: [String], value: TOMLValue)] = [([], .table(contents))]
        while let (path, value) = rest.popLast() {
            guard let table = value.table else {
                leaves.append(TOMLLeaf(path: path, value: value))
                continue
            }
            for key in table.keys.reversed() {
                if let member = table[key] { rest.append((path + [key], member)) }
            }
        }
        return leaves
    }
}
