internal import FoundationEssentials
internal import Kernel

/// What was found out about programs, kept so that a start of the daemon need not try it all again.
public struct KnownAbilities: Codable, Sendable {
    /// By `ProbedHandler.identity`.
    var programs: [String: [Ability: Bool]] = [:]

    public init() {}

    public init(_ handlers: [ProbedHandler]) {
        for one in handlers where !one.identity.isEmpty {
            programs[one.identity] = one.handler.found
        }
    }

    /// What cannot be read is found out anew. Blocks the thread.
    public init(file: String) {
        guard let bytes = try? Files.read(file),
            let known = try? JSONDecoder().decode(KnownAbilities.self, from: Data(bytes))
        else { return }
        self = known
    }

    /// Blocks the thread.
    public func write(_ file: String) throws {
        try Files.replace(file, with: Array(try JSONEncoder().encode(self)))
    }

    public func isSame(as other: KnownAbilities) -> Bool { programs == other.programs }
}
