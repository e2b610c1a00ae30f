internal import Glibc
internal import Model
internal import Text

/// A plugin's result of ADD (CNI specification, section 5, Success), in the form of its version:
/// `ip4` and `ip6` up to 0.2, then `ips`, whose entries say their family up to 0.4.
struct PluginResult {
    let document: JSONValue

    /// - Throws: `PluginError` when the plugin printed anything else.
    init(parsing output: [UInt8], from plugin: String) throws {
        guard let document = try? JSONValue(parsing: output), document.object != nil else {
            throw PluginError(plugin: plugin, garbage: output)
        }
        self.document = document
    }

    init(_ document: JSONValue) {
        self.document = document
    }

    /// The same result in the form that the next plugin of the chain expects. A plugin may answer in
    /// another version than it was asked in, or name none.
    func converted(to version: SpecVersion) -> JSONValue {
        var members = document.object ?? [:]
        members["cniVersion"] = .string(version.rawValue)
        guard version.hasChains else { return .object(members) }
        members["ips"] = .array(entries.map { Self.entry($0, in: version) })
        members["ip4"] = nil
        members["ip6"] = nil
        return .object(members)
    }

    private static func entry(_ entry: JSONValue, in version: SpecVersion) -> JSONValue {
        var members = entry.object ?? [:]
        let isV6 = members["address"]?.string?.has(":") == true
        members["version"] = version.marksFamilies ? (isV6 ? "6" : "4") : nil
        return .object(members)
    }

    var entries: [JSONValue] {
        if let entries = document["ips"]?.array { return entries }
        return ["ip4", "ip6"].compactMap { document[$0] }.map { old in
            var members: [String: JSONValue] = [:]
            members["address"] = old["ip"]
            members["gateway"] = old["gateway"]
            return .object(members)
        }
    }

    /// The bare addresses of the pod's interface, in the plugins' order: the first is the primary.
    ///
    /// Where no entry points at that interface all of them count, since some plugins list only the
    /// host's end.
    /// - Throws: `GantryError` for what is no address.
    func addresses(of interface: String) throws -> [String] {
        let own = entries.filter { belongs($0, to: interface) }
        return try (own.isEmpty ? entries : own).map { entry in
            let text = entry["address"]?.string ?? ""
            let address = String(text.head(before: "/"))
            guard Self.isAddress(address) else {
                throw GantryError(.internal, "\"\(text)\" in the result is no address")
            }
            return address
        }
    }

    private func belongs(_ entry: JSONValue, to interface: String) -> Bool {
        guard let index = entry["interface"]?.integer else { return true }
        guard let all = document["interfaces"]?.array, all.indices.contains(Int(index)) else {
            return false
        }
        let owner = all[Int(index)]
        return owner["name"]?.string == interface && owner["sandbox"]?.string?.isEmpty == false
    }

    private static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}
