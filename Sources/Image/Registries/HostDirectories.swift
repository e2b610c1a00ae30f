internal import ImageProtocol
internal import Kernel
internal import Model
internal import TOML
internal import Text

/// The directories with a directory for each registry host: containerd's, containers' and docker's
/// `certs.d`. What is in them is read anew for each pull.
struct HostDirectories: Sendable {
    /// In the order of the search.
    var roots: [String] = []

    /// The directory that counts for a host with or without a port: the first there is, and
    /// `_default` only where no other is. containerd also writes `HOST_PORT_` for `HOST:PORT`.
    func directory(of host: String) -> String? {
        let escaped = host.split(at: ":").joined(separator: "_") + "_"
        let own = host.has(":") ? [escaped, host] : [host]
        let candidates = roots.flatMap { root in own.map { "\(root)/\($0)" } }
        return (candidates + roots.map { "\($0)/_default" }).first(where: Files.exists)
    }

    /// What the directories make of a place that a name or registries.conf gave: other places to
    /// ask in its stead, or the same one with certificates.
    func expand(_ endpoint: Endpoint) throws -> [Endpoint] {
        let host = endpoint.location.head(before: "/")
        guard let directory = directory(of: String(host)) else { return [endpoint] }
        let path = "\(directory)/hosts.toml"
        guard Files.exists(path) else {
            var endpoint = endpoint
            endpoint.trust = try Trust(directory: directory)
            return [endpoint]
        }
        // A mirror of registries.conf stands for itself: it has no mirrors of its own.
        if endpoint.isMirror { return [endpoint] }
        let file = try HostsFile(try TOMLSection.text(try Files.read(path), path), path)
        return file.endpoints(insteadOf: endpoint, registry: String(host))
    }
}
