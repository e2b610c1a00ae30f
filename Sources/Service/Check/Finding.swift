/// One thing that was looked at, how it is, and what to do about it.
public struct Finding: Codable, Hashable, Sendable {
    public enum Level: String, Codable, Sendable {
        /// As it should be.
        case ok
        /// Pods run, but something is missing or left over.
        case warning
        /// Pods, or some of them, do not run because of it.
        case problem
    }

    /// What part of the node it is about.
    public var area: String
    public var level: Level
    public var text: String
    /// What to do.
    public var advice: String?

    public static func ok(_ area: String, _ text: String) -> Finding {
        Finding(area: area, level: .ok, text: text)
    }

    public static func warning(_ area: String, _ text: String, _ advice: String) -> Finding {
        Finding(area: area, level: .warning, text: text, advice: advice)
    }

    public static func problem(_ area: String, _ text: String, _ advice: String) -> Finding {
        Finding(area: area, level: .problem, text: text, advice: advice)
    }
}

extension [Finding] {
    public func count(_ level: Finding.Level) -> Int { count { $0.level == level } }
}
