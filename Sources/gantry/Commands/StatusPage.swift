internal import Kernel
internal import Model
internal import Text

/// The state of a node as a page for people.
struct StatusPage {
    let text: String
    /// What there is to say, each with its name.
    let rows: [(String, String)]

    /// - Parameter now: nanoseconds since 1970.
    init(_ status: GetNodeStatusResponse, now: Int64) {
        rows = [
            ("runtime", Self.runtime(status)), ("network", Self.network(status)),
            ("pods", Self.counts(status.pods)), ("containers", Self.counts(status.containers)),
            ("images", "\(status.images), \(ImageTable.size(status.layerBytes)) on the disk"),
            ("plugins", Self.plugins(status.plugins)),
            ("pulls", status.pulls.isEmpty ? "none" : "\(status.pulls.count) under way"),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        let table = rows.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }
        let up = Self.elapsed(now.minus(status.startedAt))
        let pulls = status.pulls.flatMap { [""] + Self.lines(of: $0, now) }
        text = (["gantry \(status.version), up \(up)", ""] + table + pulls).joined(separator: "\n")
    }

    private static func plugins(_ plugins: [NodePlugin]) -> String {
        if plugins.isEmpty { return "none" }
        return plugins.map { "\($0.name) (\($0.isLaunched ? "started, " : "")pid \($0.pid))" }
            .joined(separator: ", ")
    }

    private static func runtime(_ status: GetNodeStatusResponse) -> String {
        let handlers = status.handlers.enumerated().map { $1 + ($0 == 0 ? " (default)" : "") }
        let known = handlers.joined(separator: ", ") + "; cgroups through \(status.cgroupDriver)"
        let failed = status.failedHandlers.map { "; not \($0)" }.joined()
        return condition("RuntimeReady", status) ?? "ready: \(known)\(failed)"
    }

    private static func network(_ status: GetNodeStatusResponse) -> String {
        condition("NetworkReady", status) ?? "ready"
    }

    /// Nil when it is as it should be.
    private static func condition(_ type: String, _ status: GetNodeStatusResponse) -> String? {
        guard let condition = status.conditions.first(where: { $0.type == type }) else {
            return "unknown"
        }
        if condition.isTrue { return nil }
        let reasons = [condition.reason, condition.message].filter { !$0.isEmpty }
        return (["NOT READY"] + reasons).joined(separator: ": ")
    }

    private static func counts(_ counts: [PhaseCount]) -> String {
        if counts.isEmpty { return "none" }
        return counts.map { "\($0.count) \($0.phase)" }.joined(separator: ", ")
    }

    private static func lines(of pull: PullUnderWay, _ now: Int64) -> [String] {
        let time = now.minus(pull.startedAt)
        let head = "\(pull.image)  \(elapsed(time))"
        if pull.layers.isEmpty { return ["\(head), asking the registry"] }
        return ["\(head), \(PullBars(pull).summary)"] + PullBars(pull).lines.map { "  \($0)" }
    }

    /// The two largest units that say something.
    static func elapsed(_ nanoseconds: Int64) -> String {
        let seconds = max(0, nanoseconds / 1_000_000_000)
        let units: [(name: String, seconds: Int64)] = [
            ("d", 86400), ("h", 3600), ("min", 60), ("s", 1),
        ]
        let first = units.firstIndex { seconds >= $0.seconds } ?? units.count - 1
        var rest = seconds
        return units[first...].prefix(2).map { unit in
            defer { rest %= unit.seconds }
            return "\(rest / unit.seconds) \(unit.name)"
        }.joined(separator: " ")
    }
}
