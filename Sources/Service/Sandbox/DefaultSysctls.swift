internal import Kernel
internal import Model
internal import MonitorProtocol
internal import OCI

/// Sysctls that every pod with a network of its own gets, as far as it does not set them itself: those
/// that images have come to expect elsewhere.
public struct DefaultSysctls: Sendable {
    private var values: [(name: String, value: String)] = []

    /// - Parameter lines: `NAME=VALUE` each.
    /// - Throws: `invalidArgument` for what is no such line, or does not belong to a pod's network.
    public init(_ lines: [String]) throws {
        for line in lines {
            let name = String(decoding: line.utf8.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard name.utf8.count < line.utf8.count, !name.isEmpty else {
                throw GantryError(
                    .invalidArgument, "\"\(line)\" is no sysctl, as net.core.somaxconn=1024")
            }
            guard Sysctl(name).owner == .network else {
                throw GantryError(
                    .invalidArgument, "sysctl \(name) does not belong to a pod's network")
            }
            values.append(
                (name, String(decoding: line.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self)))
        }
    }

    /// The pod's own sysctls with the defaults that it leaves out. What the kernel does not have is left
    /// out too.
    func merged(into config: PodSandboxConfig) throws -> [String: String] {
        let own = config.linux?.sysctls ?? [:]
        let options = config.linux?.securityContext?.namespaceOptions
        if options?.network == .node { return own }
        let groups = try UserMappings(options?.usernsOptions)?.gids.size
        let taken = Set(own.keys.map { Sysctl($0).path })
        var merged = own
        for (name, value) in values {
            let path = Sysctl(name).path
            guard !taken.contains(path), Files.exists("/proc/sys/\(path)") else { continue }
            merged[name] = path == Self.pingGroups ? Self.fitted(value, groups) : value
        }
        return merged
    }

    private static let pingGroups = "net/ipv4/ping_group_range"

    /// icmp(7): the kernel takes no group that the network's user namespace does not map.
    /// - Parameter groups: how many that has, from 0; nil is all.
    private static func fitted(_ range: String, _ groups: UInt32?) -> String {
        guard let groups else { return range }
        return range.split { $0 == " " || $0 == "\t" }.map { bound in
            UInt32(bound).map { String(min($0, groups.minus(1))) } ?? String(bound)
        }.joined(separator: " ")
    }
}
