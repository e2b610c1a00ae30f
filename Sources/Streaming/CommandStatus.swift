internal import NIOCore

/// How an exec or attach ended, as the client reads it from the error stream.
enum CommandStatus: Equatable {
    case success
    case exit(Int32)
    case failure(String)

    /// From version 4 on a `metav1.Status` in JSON; before that the text of a failure, if any.
    func bytes(version: Int) -> ByteBuffer? {
        if version >= 4 { return ByteBuffer(string: json) }
        switch self {
        case .success: return nil
        case .exit(let code): return ByteBuffer(string: Self.text(code))
        case .failure(let message): return ByteBuffer(string: message)
        }
    }

    private static func text(_ code: Int32) -> String {
        "command terminated with non-zero exit code: \(code)"
    }

    private var json: String {
        switch self {
        case .success: #"{"metadata":{},"status":"Success"}"#
        case .exit(let code):
            #"{"metadata":{},"status":"Failure","message":"\#(Self.text(code))","#
                + #""reason":"NonZeroExitCode","#
                + #""details":{"causes":[{"reason":"ExitCode","message":"\#(code)"}]}}"#
        case .failure(let message):
            #"{"metadata":{},"status":"Failure","message":"\#(Self.escape(message))","#
                + #""reason":"InternalError","#
                + #""details":{"causes":[{"message":"\#(Self.escape(message))"}]},"code":500}"#
        }
    }

    /// RFC 8259, section 7.
    private static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\"", "\\": escaped += "\\\(scalar)"
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
