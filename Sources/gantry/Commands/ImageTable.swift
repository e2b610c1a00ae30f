internal import Model

/// Images as a table: a line for each name, sorted.
struct ImageTable {
    private var rows: [[String]] = []

    init(_ images: [Model.Image]) {
        for image in images {
            let names = image.repoTags.isEmpty ? image.repoDigests : image.repoTags
            let id = String(image.id.drop { $0 != ":" }.dropFirst().prefix(12))
            for name in names.isEmpty ? ["<none>"] : names {
                rows.append([name, id, Self.size(image.size)])
            }
        }
        rows.sort { $0[0] < $1[0] }
    }

    var text: String {
        let table = [["NAME", "ID", "SIZE"]] + rows
        let widths = (0..<2).map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return (cells + [row[2]]).joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// In units of 1,000, with one digit after the point.
    static func size(_ bytes: UInt64) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 1_000_000, unit + 2 < units.count {
            value /= 1000
            unit += 1
        }
        if value < 1000 { return "\(value) \(units[unit])" }
        return "\(value / 1000).\(value % 1000 / 100) \(units[unit + 1])"
    }
}
