internal import Text

/// A kernel parameter by its name (sysctl(8)).
public struct Sysctl: Sendable {
    /// Below `/proc/sys`.
    public let path: String

    /// `net.ipv4.ip_forward` or `net/ipv4/ip_forward`: what the first separator is, separates; the
    /// other one is then part of a name (sysctl.d(5)).
    public init(_ name: String) {
        let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
        guard name.utf8.first(where: { $0 == dot || $0 == slash }) == dot else {
            path = name
            return
        }
        path = String(
            decoding: name.utf8.map { $0 == dot ? slash : $0 == slash ? dot : $0 }, as: UTF8.self)
    }

    /// The kind of namespace that has a value of its own (ipc_namespaces(7), network_namespaces(7),
    /// uts_namespaces(7)); nil for what is the whole node's, and for paths that lead elsewhere.
    public var owner: NamespaceRequest.Kind? {
        if path.split(at: "/").contains("..") { return nil }
        let ipc = ["kernel/shm", "kernel/msg", "kernel/sem", "fs/mqueue/"]
        if path.begins(with: "net/") { return .network }
        if ipc.contains(where: { path.begins(with: $0) }) { return .ipc }
        return path == "kernel/domainname" ? .uts : nil
    }
}
