internal import Model
internal import TOML
internal import Text

/// What one file says: registries.conf or a drop-in.
struct RegistriesFile {
    var rules: [RegistryRule] = []
    var searched: [String]?
    var aliases: [String: String] = [:]
    var warnings: [String] = []

    init(_ text: String, _ name: String) throws {
        let file = try TOMLSection(text, name)
        if file.keys.contains("registries") {
            throw file.error("registries", "version 1 of the format; write [[registry]] tables")
        }
        searched = try file.strings("unqualified-search-registries")
        for section in try file.sections("registry") {
            rules.append(try rule(section))
        }
        if let section = try file.section("aliases") {
            for key in section.keys { aliases[key] = try section.string(key) }
        }
        warnings += file.unknown(besides: [
            "unqualified-search-registries", "registry", "aliases", "short-name-mode",
            "credential-helpers", "additional-layer-store-auth-helper",
        ])
    }

    private mutating func rule(_ section: TOMLSection) throws -> RegistryRule {
        let location = try section.string("location").map(Self.trimmed)
        guard let prefix = try section.string("prefix").map(Self.trimmed) ?? location else {
            throw section.error("location", "a registry needs a location or a prefix")
        }
        if location == nil, !prefix.begins(with: "*.") {
            throw section.error("location", "missing; only a prefix of the form *.… may go without")
        }
        var rule = RegistryRule(prefix: prefix, location: location)
        rule.isInsecure = try section.bool("insecure") ?? false
        rule.isBlocked = try section.bool("blocked") ?? false
        let digestOnly = try section.bool("mirror-by-digest-only") ?? false
        rule.mirrors = try section.sections("mirror").map { try mirror($0, digestOnly) }
        warnings += section.unknown(besides: [
            "prefix", "location", "insecure", "blocked", "mirror", "mirror-by-digest-only",
        ])
        return rule
    }

    private mutating func mirror(
        _ section: TOMLSection, _ digestOnly: Bool
    ) throws -> RegistryRule.Mirror {
        guard let location = try section.string("location").map(Self.trimmed) else {
            throw section.error("location", "a mirror needs a location")
        }
        var mirror = RegistryRule.Mirror(location: location)
        mirror.isInsecure = try section.bool("insecure") ?? false
        mirror.pulls = digestOnly ? .digestOnly : .all
        if let text = try section.string("pull-from-mirror") {
            guard let pulls = RegistryRule.Mirror.Pulls(rawValue: text), !digestOnly else {
                throw section.error(
                    "pull-from-mirror",
                    "want all, digest-only or tag-only, and not beside mirror-by-digest-only")
            }
            mirror.pulls = pulls
        }
        warnings += section.unknown(besides: ["location", "insecure", "pull-from-mirror"])
        return mirror
    }

    private static func trimmed(_ text: String) -> String {
        String(text.removing(suffix: "/") ?? text[...])
    }
}
