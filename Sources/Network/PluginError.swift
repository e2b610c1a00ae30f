internal import Model
internal import Text

/// A CNI plugin that failed, in its own words (CNI specification, section 5, Error).
public struct PluginError: Error, Hashable, Sendable {
    public let plugin: String
    /// The specification's codes are below 100; nil when the plugin gave none.
    public let code: Int?
    public let message: String
    public let details: String

    /// An executable that failed with `status` and printed these.
    init(plugin: String, status: Int32, output: [UInt8], errorText: String) {
        self.plugin = plugin
        let document = try? JSONValue(parsing: output)
        code = document?["code"]?.integer.flatMap { Int(exactly: $0) }
        if let text = document?["msg"]?.string {
            message = text
            details = document?["details"]?.string ?? ""
        } else {
            message = "exited with status \(status) and no CNI error"
            let printed = String(decoding: output, as: UTF8.self)
            details = Self.excerpt(errorText.isEmpty ? printed : errorText)
        }
    }

    init(plugin: String, garbage output: [UInt8]) {
        self.plugin = plugin
        code = nil
        message = "printed what is no CNI result"
        details = Self.excerpt(String(decoding: output, as: UTF8.self))
    }

    /// Both ends of a text that may be long: a panic says why at its beginning, a log at its end.
    private static func excerpt(_ text: String) -> String {
        let line = text.split(whereByte: \.isASCIIControl).joined(separator: "; ")
        if line.utf8.count <= 1000 { return line }
        let (start, end) = (line.utf8.prefix(500), line.utf8.suffix(500))
        return "\(String(decoding: start, as: UTF8.self)) … \(String(decoding: end, as: UTF8.self))"
    }
}

extension PluginError: CustomStringConvertible {
    public var description: String {
        let extra = details.isEmpty ? "" : " (\(details))"
        let number = code.map { " [CNI error \($0)]" } ?? ""
        return "\(plugin): \(message)\(extra)\(number)"
    }
}

extension PluginError {
    /// Code 3: the plugin does not know the container, so there is nothing to delete either.
    var isUnknownContainer: Bool { code == 3 }

    /// What the caller can make of it: 11 asks to try again, 50 and 51 say that the plugin is not
    /// available, 1, 2 and 7 that the configuration is wrong.
    var status: GantryError.Code {
        switch code {
        case 11, 50, 51: .unavailable
        case 1, 2, 7: .failedPrecondition
        default: .internal
        }
    }
}
