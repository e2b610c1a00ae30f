internal import FoundationEssentials
internal import Kernel
internal import Model
internal import System
internal import Text

/// A handler's own additions to each container's spec (config.md), of which the spec that Gantry has
/// made goes first.
///
/// Objects are merged member by member. Lists are Gantry's, or the base's where Gantry has none; but
/// lists of things that have a name have both, Gantry's in place of the base's of the same name:
/// mounts by destination, variables by name. Resource limits are the base's, since Gantry's own come
/// from the node's defaults. Hooks of both are run, the base's first.
public struct BaseSpec: Sendable {
    private let base: JSONValue

    /// - Throws: `invalidArgument` when the file cannot be read or is no JSON object.
    public init(file: String) async throws {
        do {
            let bytes = try await Blocking.run { try Files.read(file) }
            base = try Self.parse(bytes)
        } catch {
            throw GantryError(.invalidArgument, "base_spec \(file) cannot be read", cause: error)
        }
        guard base.object != nil else {
            throw GantryError(.invalidArgument, "base_spec \(file) is no JSON object")
        }
    }

    init(_ base: JSONValue) {
        self.base = base
    }

    fileprivate static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    func under(_ spec: JSONValue) -> JSONValue { Self.merge(base, spec, at: []) }

    private static func merge(_ base: JSONValue, _ own: JSONValue, at path: [String]) -> JSONValue {
        switch (base, own) {
        case (.object(let base), .object(let own)):
            return .object(
                base.reduce(into: own) { result, member in
                    guard let ours = own[member.key] else {
                        result[member.key] = member.value
                        return
                    }
                    result[member.key] = merge(member.value, ours, at: path + [member.key])
                })
        case (.array(let base), .array(let own)): return .array(lists(base, own, at: path))
        default: return own
        }
    }

    private static func lists(
        _ base: [JSONValue], _ own: [JSONValue], at path: [String]
    ) -> [JSONValue] {
        switch path {
        case ["process", "rlimits"]: return union(own, base) { $0["type"]?.string }
        case ["mounts"]: return union(base, own) { $0["destination"]?.string }
        case ["process", "env"]: return union(base, own) { variable($0) }
        default:
            if path.first == "hooks" { return base + own }
            return own.isEmpty ? base : own
        }
    }

    private static func variable(_ entry: JSONValue) -> String? {
        entry.string.map { String($0.head(before: "=")) }
    }

    /// Both; of the same name the second's.
    private static func union(
        _ first: [JSONValue], _ second: [JSONValue], by name: (JSONValue) -> String?
    ) -> [JSONValue] {
        let taken = Set(second.compactMap(name).map { ExactText($0) })
        return first.filter { entry in
            name(entry).map { !taken.contains(ExactText($0)) } ?? true
        } + second
    }
}

extension Bundle {
    /// Makes the directory and puts the spec in it, over what the handler adds to it.
    public func write(_ spec: Spec, over base: BaseSpec?) async throws {
        guard let base else { return try await write(spec) }
        let encoded = try BaseSpec.parse(try Self.encode(spec))
        try await write(bytes: try Self.encode(base.under(encoded)))
    }
}
