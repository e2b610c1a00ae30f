/// An address without what may be secret in it: a redirect's query is often a signature that lets
/// anyone fetch, and a user part is a password.
func printable(_ url: String) -> String {
    let bare = url.prefix { $0 != "?" && $0 != "#" }
    let parts = bare.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count > 2, parts[1].isEmpty, let at = parts[2].lastIndex(of: "@") else {
        return String(bare)
    }
    let path = parts.count == 4 ? "/\(parts[3])" : ""
    return "\(parts[0])//\(parts[2][parts[2].index(after: at)...])\(path)"
}
