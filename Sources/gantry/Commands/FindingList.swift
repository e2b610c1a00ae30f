internal import Service

/// Findings as a list for people: a line each, what to do below it, and the sum.
struct FindingList {
    private let findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
    }

    var text: String {
        (findings.map(line) + [sum]).joined(separator: "\n")
    }

    private func line(_ finding: Finding) -> String {
        let head = padded(finding.level.rawValue, 8) + padded(finding.area, areaWidth)
        guard let advice = finding.advice else { return head + finding.text }
        let blank = String(repeating: " ", count: head.count)
        return head + finding.text + "\n\(blank)-> \(advice)"
    }

    private var sum: String {
        let (problems, warnings) = (findings.count(.problem), findings.count(.warning))
        if problems + warnings == 0 { return "all is well" }
        return counted(problems, "problem") + ", " + counted(warnings, "warning")
    }

    private func counted(_ count: Int, _ what: String) -> String {
        "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    private var areaWidth: Int { (findings.map(\.area.count).max() ?? 0) + 1 }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
