internal import Model
internal import TOML
internal import Text

/// What one file says: registries.conf or a drop-in.
struct RegistriesFile {
    var rules: [RegistryRule] = []
    var searched: [String]?
    var aliases: [String: String] = [:]
    var shortNames: ShortNameMode?
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
        shortNames = try Self.shortNameMode(file)
        warnings += try Self.unsupported(file, name)
        warnings += file.unknown(besides: [
            "unqualified-search-registries", "registry", "aliases", "short-name-mode",
            "credential-helpers", "additional-layer-store-auth-helper",
        ])
    }

    private static func shortNameMode(_ file: TOMLSection) throws -> ShortNameMode? {
        guard let text = try file.string("short-name-mode"), !text.isEmpty else { return nil }
        guard let mode = ShortNameMode(rawValue: text) else {
            throw file.error("short-name-mode", "want enforcing, permissive or disabled")
        }
        return mode
    }

    /// What is read by others and does nothing here.
    private static func unsupported(_ file: TOMLSection, _ name: String) throws -> [String] {
        let helpers = try file.strings("credential-helpers") ?? []
        var warnings = helpers.filter { $0 != "containers-auth.json" }.map {
            "\(name): credential-helpers: \($0) is not supported and not asked: "
                + "write auth_file, or configure a credential provider in the kubelet"
        }
        if let helper = try file.string("additional-layer-store-auth-helper"), !helper.isEmpty {
            warnings.append(
                "\(name): additional-layer-store-auth-helper: "
                    + "there are no additional layer stores, \(helper) is not asked")
        }
        return warnings
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
