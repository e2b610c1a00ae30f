internal import Model

/// A trace as a waterfall for the terminal: a row a step, and a bar from its beginning to its end.
struct TraceText {
    let text: String

    private static let barWidth = 40

    init(_ trace: GetTraceResponse) {
        let rows = trace.operations.map { Self.rows($0) }
        let names = rows.joined().map(\.name.count).max() ?? 0
        var lines = ["\(trace.pod)  \(trace.sandboxId)"]
        for operation in rows {
            lines.append("")
            lines += operation.map { row in
                let name = row.name + String(repeating: " ", count: names - row.name.count)
                let time = String(repeating: " ", count: max(0, 10 - row.time.count)) + row.time
                return row.bar.isEmpty ? "\(name) \(time)" : "\(name) \(time)  |\(row.bar)|"
            }
        }
        text = lines.joined(separator: "\n")
    }

    private struct Row {
        let name: String
        let time: String
        var bar = ""
    }

    private static func rows(_ operation: TracedOperation) -> [Row] {
        let whole = operation.extent
        let head = [operation.name, operation.subject].filter { !$0.isEmpty }
        let title = Row(
            name: head.joined(separator: " ") + operation.mark,
            time: milliseconds(operation.duration))
        return [title]
            + operation.spans.map { span in
                let indent = String(repeating: "  ", count: Int(span.depth) + 1)
                return Row(
                    name: indent + span.name + (span.failed ? " (failed)" : ""),
                    time: milliseconds(span.duration), bar: bar(span, of: whole))
            }
    }

    private static func bar(_ span: TracedSpan, of whole: Int64) -> String {
        let column = { (time: Int64) in
            whole > 0 ? Int(Double(time) / Double(whole) * Double(barWidth)) : 0
        }
        let end = span.duration < 0 ? whole : span.start + span.duration
        let begin = min(column(span.start), barWidth - 1)
        let length = max(1, min(column(end), barWidth) - begin)
        return String(repeating: " ", count: begin) + String(repeating: "█", count: length)
            + String(repeating: " ", count: barWidth - begin - length)
    }

    /// `12.3 ms`; what goes on has no time yet.
    static func milliseconds(_ nanoseconds: Int64) -> String {
        if nanoseconds < 0 { return "goes on" }
        let tenths = (nanoseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

extension TracedOperation {
    /// Nanoseconds that its picture covers: for one that goes on, up to its last known step.
    var extent: Int64 {
        if duration >= 0 { return duration }
        return spans.map { $0.start + max($0.duration, 0) }.max() ?? 0
    }

    var mark: String { failed ? " (failed)" : "" }
}
