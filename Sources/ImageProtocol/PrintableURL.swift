internal import Text

/// An address without what may be secret in it: a redirect's query is often a signature that lets
/// anyone fetch, and a user part is a password.
public func printable(_ url: String) -> String {
    let bare = url.head(before: "?#")
    let parts = bare.split(at: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, parts[1].isEmpty, let (_, host) = parts[2].cutLast(at: "@") else {
        return String(bare)
    }
    let path = parts.count == 4 ? "/\(parts[3])" : ""
    return "\(parts[0])//\(host)\(path)"
}
