internal import Model
internal import Text

/// A trace as a picture: one time axis for all operations, a bar a step, its name and time beside it.
struct TraceSVG {
    let text: String

    private static let rowHeight = 20
    private static let labelWidth = 320
    private static let chartWidth = 640

    private struct Row {
        let label: String
        /// Nanoseconds since the first operation's beginning.
        let start: Int64
        let duration: Int64
        let color: String
        let depth: Int
    }

    init(_ trace: GetTraceResponse) {
        let begin = trace.operations.map(\.startedAt).min() ?? 0
        let rows = trace.operations.flatMap { Self.rows($0, since: begin) }
        let whole = max(1, rows.map { $0.start + max($0.duration, 0) }.max() ?? 1)
        let height = (rows.count + 2) * Self.rowHeight
        let width = Self.labelWidth + Self.chartWidth + 120
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<text x=\"8\" y=\"16\" font-weight=\"bold\">\(Self.escaped(trace.pod))</text>",
        ]
        for (number, row) in rows.enumerated() {
            lines += Self.elements(row, y: (number + 1) * Self.rowHeight, whole)
        }
        text = (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    private static func rows(_ operation: TracedOperation, since begin: Int64) -> [Row] {
        let offset = operation.startedAt - begin
        let title = Row(
            label: "\(operation.name) \(operation.subject)", start: offset,
            duration: operation.extent, color: operation.failed ? "#c0392b" : "#2c3e50", depth: 0)
        return [title]
            + operation.spans.map { span in
                let duration =
                    span.duration < 0 ? operation.extent - span.start : span.duration
                return Row(
                    label: span.name, start: offset + span.start, duration: duration,
                    color: span.failed ? "#c0392b" : "#2e86c1", depth: Int(span.depth) + 1)
            }
    }

    private static func elements(_ row: Row, y: Int, _ whole: Int64) -> [String] {
        let scale = Double(chartWidth) / Double(whole)
        let x = labelWidth + Int(Double(row.start) * scale)
        let width = max(1, Int(Double(row.duration) * scale))
        return [
            "<text x=\"\(8 + row.depth * 14)\" y=\"\(y + 14)\">\(escaped(row.label))</text>",
            "<rect x=\"\(x)\" y=\"\(y + 4)\" width=\"\(width)\" height=\"12\" "
                + "fill=\"\(row.color)\"/>",
            "<text x=\"\(x + width + 4)\" y=\"\(y + 14)\" fill=\"#777\">"
                + "\(TraceText.milliseconds(row.duration))</text>",
        ]
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", by: "&amp;").replacing("<", by: "&lt;")
            .replacing(">", by: "&gt;")
    }
}
