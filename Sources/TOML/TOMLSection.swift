public import Model

/// A table of a TOML file, read key by key: a value of the wrong type is an error that names file
/// and key, and what nobody asked for can be told afterwards.
public struct TOMLSection {
    private let table: TOMLTable
    private let file: String
    private let path: String

    public init(_ text: String, _ file: String) throws {
        do throws(TOMLError) {
            table = try TOMLTables.parse(text)
        } catch {
            throw GantryError(.invalidArgument, "\(file): line \(error.line): \(error.what)")
        }
        self.file = file
        path = ""
    }

    /// A file's content as text, to be read by the other initializer.
    /// - Throws: `invalidArgument` when it is not UTF-8, as a TOML file must be (TOML 1.0, Spec).
    public static func text(_ content: [UInt8], _ file: String) throws(GantryError) -> String {
        if let text = String(validating: content, as: UTF8.self) { return text }
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw GantryError(.invalidArgument, "\(file): line \(line + 1): not UTF-8")
    }

    private init(_ table: TOMLTable, _ file: String, _ path: String) {
        self.table = table
        self.file = file
        self.path = path
    }

    var contents: TOMLTable { table }

    /// In the file's order.
    public var keys: [String] { table.keys }

    public func error(_ key: String, _ what: String) -> GantryError {
        GantryError(.invalidArgument, "\(file): \(path)\(key): \(what)")
    }

    public func string(_ key: String) throws -> String? {
        try value(key, "a string") { $0.string }
    }

    public func bool(_ key: String) throws -> Bool? {
        try value(key, "true or false") { $0.bool }
    }

    /// A whole number above zero.
    public func positive(_ key: String) throws -> Int? {
        try value(key, "a whole number above zero") { value in
            value.integer.flatMap { $0 > 0 ? $0 : nil }
        }
    }

    /// A whole number, zero or above.
    public func count(_ key: String) throws -> Int? {
        try value(key, "a whole number, 0 or above") { value in
            value.integer.flatMap { $0 >= 0 ? $0 : nil }
        }
    }

    public func strings(_ key: String) throws -> [String]? {
        try value(key, "a list of strings") { value in
            guard let array = value.array else { return nil }
            let strings = array.compactMap(\.string)
            return strings.count == array.count ? strings : nil
        }
    }

    /// A string, a list of strings, or a list of lists of strings: a string stands for a list of one.
    public func groups(_ key: String) throws -> [[String]]? {
        try value(key, "a string, or a list of strings or of lists of strings") { value in
            if let string = value.string { return [[string]] }
            guard let array = value.array else { return nil }
            let groups = array.compactMap {
                $0.string.map { [$0] } ?? $0.array?.compactMap(\.string)
            }
            return groups.count == array.count ? groups : nil
        }
    }

    /// An array of tables: `[[key]]`.
    public func sections(_ key: String) throws -> [TOMLSection] {
        let tables = try value(key, "a list of tables") { value -> [TOMLTable]? in
            guard let array = value.array else { return nil }
            let tables = array.compactMap(\.table)
            return tables.count == array.count ? tables : nil
        }
        return (tables ?? []).enumerated().map { index, table in
            TOMLSection(table, file, "\(path)\(key)[\(index)].")
        }
    }

    public func section(_ key: String) throws -> TOMLSection? {
        try value(key, "a table") { $0.table }.map { TOMLSection($0, file, "\(path)\(key).") }
    }

    /// Keys other than these, each with its file.
    public func unknown(besides known: Set<String>) -> [String] {
        keys.filter { !known.contains($0) }.sorted().map { "\(file): \(path)\($0): unknown key" }
    }

    private func value<Value>(
        _ key: String, _ wanted: String, _ convert: (TOMLValue) -> Value?
    ) throws -> Value? {
        guard let value = table[key] else { return nil }
        guard let converted = convert(value) else { throw error(key, "want \(wanted)") }
        return converted
    }
}
