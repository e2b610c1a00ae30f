internal import Model

/// A user or a group as an image or a request writes it.
///
/// What is written as a number is an ID and never looked up as a name: an image whose /etc/passwd has a
/// user *named* 1000 would choose who that is, after the kubelet has taken it for no root user
/// (CVE-2016-3697, CVE-2026-46680).
public enum AccountName: Hashable, Sendable {
    case id(UInt32)
    case name(String)

    /// - Parameter field: what is read, for the error.
    /// - Throws: `invalidArgument` for a number that is no ID.
    public init(_ text: String, _ field: String) throws {
        guard Self.isNumber(text) else {
            self = .name(text)
            return
        }
        guard let id = UInt32(text), Self.isID(id) else {
            throw GantryError(.invalidArgument, "\(field) \(text) is not a user or group ID")
        }
        self = .id(id)
    }

    /// The user of an image's `USER`, as ImageStatus tells the kubelet, which judges `runAsNonRoot` by
    /// it. A number that is no ID is told as a name, which cannot pass for an ID; empty is root.
    public static func ofImage(_ user: String) -> AccountName {
        let name = String(decoding: user.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        return (try? AccountName(name, "user")) ?? .name(name)
    }

    /// All but the highest, which setuid(2) takes for "unchanged".
    static func isID(_ id: UInt32) -> Bool { id != .max }

    private static func isNumber(_ text: String) -> Bool {
        var digits = text.utf8[...]
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        return !digits.isEmpty
            && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}
