internal import Model
internal import Text

/// A network as an administrator describes it (CNI specification, section 1): the plugins that every
/// attachment runs through, in order.
struct NetworkConfiguration: Codable, Sendable {
    let name: String
    /// Those that it may be run in.
    let versions: [SpecVersion]
    let disableCheck: Bool
    let disableGC: Bool
    let plugins: [PluginConfiguration]

    /// Reads a configuration list, or, as the specification had them before 1.0, a single plugin's
    /// configuration. Which one it is shows in the content, whatever the file is called.
    /// - Throws: `GantryError` that says what is wrong with it.
    init(parsing bytes: [UInt8]) throws {
        guard let document = try? JSONValue(parsing: bytes), document.object != nil else {
            throw GantryError(.failedPrecondition, "it is no JSON object")
        }
        guard let name = document["name"]?.string, Names.isIdentifier(name) else {
            throw GantryError(.failedPrecondition, "it has no valid \"name\"")
        }
        let entries = document["plugins"]?.array ?? [document]
        guard !entries.isEmpty else {
            throw GantryError(.failedPrecondition, "its list of plugins is empty")
        }
        self.name = name
        versions = try Self.versions(document)
        disableCheck = Self.flag(document["disableCheck"])
        disableGC = Self.flag(document["disableGC"])
        plugins = try entries.map(PluginConfiguration.init)
    }

    /// `cniVersions` (1.1) and `cniVersion` together say what it may be run in. Versions newer than
    /// ours are no error as long as there is one that we know.
    private static func versions(_ document: JSONValue) throws -> [SpecVersion] {
        var asked = document["cniVersions"]?.array?.compactMap(\.string) ?? []
        if let version = document["cniVersion"]?.string { asked.append(version) }
        // Files from before 0.2 name none.
        if asked.isEmpty { asked = [SpecVersion.v010.rawValue] }
        let known = asked.compactMap(SpecVersion.init)
        guard !known.isEmpty else {
            throw GantryError(
                .failedPrecondition,
                "it asks for CNI \(asked.joined(separator: ", ")), which Gantry does not know")
        }
        return known
    }

    /// libcni takes the word for the flag as well, so files say that.
    private static func flag(_ value: JSONValue?) -> Bool {
        value?.bool ?? (value?.string == "true")
    }
}

/// One plugin of a network, as configured.
struct PluginConfiguration: Codable, Sendable {
    let type: String
    let document: JSONValue

    init(_ document: JSONValue) throws {
        guard document.object != nil, let type = document["type"]?.string, !type.isEmpty else {
            throw GantryError(.failedPrecondition, "a plugin in it has no \"type\"")
        }
        // The type is looked up as a file name in the plugin directories, and nowhere else.
        guard !type.has("/"), type != ".", type != ".." else {
            throw GantryError(.failedPrecondition, "plugin type \"\(type)\" is no file name")
        }
        self.type = type
        self.document = document
    }

    /// What the plugin can take from the runtime.
    var capabilities: Set<String> {
        Set((document["capabilities"]?.object ?? [:]).filter { $0.value.bool == true }.keys)
    }

    /// What the plugin is given on its standard input: section 3, "Deriving execution configuration
    /// from plugin configuration".
    func request(
        network: String, version: SpecVersion, capabilities offered: [String: JSONValue] = [:],
        previous: JSONValue? = nil
    ) -> JSONValue {
        var members = document.object ?? [:]
        let accepted = capabilities
        let arguments = offered.filter { accepted.contains($0.key) }
        members["name"] = .string(network)
        members["cniVersion"] = .string(version.rawValue)
        members["runtimeConfig"] = arguments.isEmpty ? nil : .object(arguments)
        members["prevResult"] = previous
        // Of the list, when a single plugin's file is the whole network; and of the runtime.
        for key in ["capabilities", "cniVersions", "disableCheck", "disableGC"] {
            members[key] = nil
        }
        return .object(members)
    }
}
