internal import TOML
internal import Text

/// `certs.d/HOST/hosts.toml`, of mirrors and certificates that containerd's own file names (its
/// docs/cri/registry.md, until version 2.0).
struct MigratedRegistry {
    typealias Found = Migration.Found

    /// `_default` is for all registries.
    let host: String
    let text: String

    /// Gathers the keys of all registries.
    struct Keys {
        private var mirrors: [(host: String, endpoints: [String], source: String)] = []
        private var certificates: [(host: String, lines: [String])] = []
        private(set) var missing: [String] = []

        /// - Returns: whether it is one.
        mutating func take(_ found: Found) -> Bool {
            let path = found.leaf.path
            guard path.first == "plugins", path.count > 5, path[2] == "registry" else {
                return false
            }
            let (kind, host, key) = (path[3], path[4], Array(path[5...]))
            if found.leaf.isEmpty { return ["mirrors", "configs"].contains(kind) }
            if kind == "mirrors", key == ["endpoint"], let endpoints = found.leaf.strings {
                mirrors.append((host, endpoints, found.text))
            } else if kind == "configs", key.first == "tls" {
                take(key[key.count - 1], of: host, found)
            } else if kind == "configs" {
                // What follows may be a password.
                let name = path.map(TOMLText.key).joined(separator: ".")
                missing.append(
                    "\(TOMLText.plain(found.file)): \(name): write credentials into auth_file")
            } else {
                return false
            }
            return true
        }

        private mutating func take(_ key: String, of host: String, _ found: Found) {
            let name = ["ca_file": "ca", "insecure_skip_verify": "skip_verify"][key]
            let value: String? =
                switch key {
                case "ca_file": found.leaf.string.map(TOMLText.quoted)
                case "insecure_skip_verify": found.leaf.bool.map { "\($0)" }
                default: nil
                }
            if let name, let value {
                add("# \(found.text)\n\(name) = \(value)\n", to: host)
            } else {
                missing.append("\(found.text): write client = [[CERT, KEY]] into hosts.toml")
            }
        }

        private mutating func add(_ line: String, to host: String) {
            if let index = certificates.firstIndex(where: { $0.host == host }) {
                certificates[index].lines.append(line)
            } else {
                certificates.append((host, [line]))
            }
        }

        var registries: [MigratedRegistry] {
            var hosts = mirrors.map(\.host)
            hosts += certificates.map(\.host).filter { !hosts.contains($0) }
            return hosts.filter(Self.isName).map {
                MigratedRegistry(host: $0 == "*" ? "_default" : $0, text: text($0))
            }
        }

        /// It becomes the name of a directory.
        private static func isName(_ host: String) -> Bool {
            host == "*"
                || !host.isEmpty && !host.begins(with: ".")
                    && host.utf8.allSatisfy {
                        (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/")
                    }
        }

        private func text(_ host: String) -> String {
            let own = certificates.first { $0.host == host }?.lines ?? []
            var text = "\(MigrationResult.mark) --from containerd.\n\n"
            if !own.isEmpty {
                text += "server = \(TOMLText.quoted("https://\(host)"))\n" + own.joined()
            }
            guard let mirror = mirrors.first(where: { $0.host == host }) else { return text }
            text += "# \(mirror.source)\n"
            for endpoint in mirror.endpoints {
                text +=
                    "[host.\(TOMLText.quoted(endpoint))]\ncapabilities = [\"pull\", \"resolve\"]\n"
                let authority = endpoint.split(at: "/").dropFirst().first.map(String.init)
                text += certificates.first { $0.host == authority }?.lines.joined() ?? ""
            }
            return text
        }
    }
}
