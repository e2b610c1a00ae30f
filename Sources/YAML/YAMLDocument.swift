internal import CYAML
public import Model
internal import Text

/// A YAML document as the JSON document that it stands for, by libyaml.
public enum YAMLDocument {
    /// Anchors are refused: nothing that Gantry reads needs them, and a short file could stand for a
    /// document without end.
    /// - Throws: `invalidArgument` with libyaml's words and the line.
    public static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        let events = try YAMLEvents(bytes)
        guard case .begin = try events.next(), case .begin = try events.next() else {
            throw events.refusal("holds no document")
        }
        let value = try value(try events.next(), events)
        guard case .end = try events.next(), case .end = try events.next() else {
            throw events.refusal("holds more than one document")
        }
        return value
    }

    private static func value(_ event: YAMLEvents.Event, _ events: YAMLEvents) throws -> JSONValue {
        switch event {
        case .scalar(let text, let isPlain): return isPlain ? plain(text) : .string(text)
        case .sequence: return .array(try elements(events))
        case .mapping: return .object(try members(events))
        case .begin, .end: throw events.refusal("holds no document")
        }
    }

    private static func elements(_ events: YAMLEvents) throws -> [JSONValue] {
        var elements: [JSONValue] = []
        while true {
            let event = try events.next()
            if case .end = event { return elements }
            elements.append(try value(event, events))
        }
    }

    private static func members(_ events: YAMLEvents) throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        while true {
            let event = try events.next()
            if case .end = event { return members }
            guard case .scalar(let key, _) = event else {
                throw events.refusal("has a key that is no text")
            }
            let value = try value(try events.next(), events)
            guard members.updateValue(value, forKey: key) == nil else {
                throw events.refusal("has the key \(key) twice")
            }
        }
    }

    /// What has no quotes may be something else than text (YAML 1.2, section 10.3.2, and the octal
    /// numbers of 1.1, which writers of modes use).
    private static func plain(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        if text.begins(with: "0"), text.utf8.count > 1 {
            let digits = text.removing(prefix: "0o") ?? text.removing(prefix: "0") ?? ""
            if let octal = Int64(digits, radix: 8) { return .integer(octal) }
        }
        if let integer = Int64(text) { return .integer(integer) }
        let isNumber = text.utf8.contains(where: \.isASCIIDigit)
        return isNumber ? Double(text).map(JSONValue.number) ?? .string(text) : .string(text)
    }
}
