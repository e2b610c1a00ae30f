internal import ImageProtocol
internal import Model
internal import TOML

/// containerd's `hosts.toml`: which places to ask for the images of one registry
/// (containerd, docs/hosts.md).
struct HostsFile {
    /// Mirrors, in the file's order.
    private(set) var hosts: [HostEntry] = []
    /// The registry itself, asked last; nil is where its name says.
    private(set) var server: HostEntry?
    private(set) var warnings: [String] = []
    private let path: String

    /// - Throws: `GantryError` (`invalidArgument`) naming file and key.
    init(_ text: String, _ path: String) throws {
        self.path = path
        let file = try TOMLSection(text, path)
        if let url = try file.string("server") { server = try HostEntry(url, file, path) }
        if let table = try file.section("host") {
            for url in table.keys {
                guard let section = try table.section(url) else { continue }
                hosts.append(try HostEntry(url, section, path))
                warnings += section.unknown(besides: HostEntry.keys)
            }
        }
        warnings += file.unknown(besides: HostEntry.keys.union(["server", "host"]))
    }

    /// - Parameter registry: the host whose images are wanted. Mirrors are told it as `ns`, since
    ///   they may stand for several.
    func endpoints(insteadOf endpoint: Endpoint, registry: String) -> [Endpoint] {
        let mirrors = hosts.enumerated().map { index, host in
            var mirror = host.endpoint(endpoint.repository, "host \(index + 1) of \(path)")
            mirror.isMirror = mirror.host != endpoint.host
            if mirror.isMirror { mirror.namespace = registry }
            return mirror
        }
        guard let server else { return mirrors + [endpoint] }
        return mirrors + [server.endpoint(endpoint.repository, "server of \(path)")]
    }
}
