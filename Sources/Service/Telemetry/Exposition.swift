internal import System
internal import Text

/// Text in Prometheus' exposition format (prometheus.io/docs/instrumenting/exposition_formats).
struct Exposition {
    private(set) var text = ""

    /// A family of single values, in the order of their labels.
    mutating func add(
        _ name: String, _ type: String, _ help: String, _ keys: [String] = [],
        values: [[String]: Double]
    ) {
        head(name, type, help)
        for (labels, value) in Self.sorted(values) {
            line(name, Self.labels(keys, labels), Self.number(value))
        }
    }

    mutating func add(
        _ name: String, _ type: String, _ help: String, _ keys: [String] = [],
        counts: [[String]: UInt64]
    ) {
        add(name, type, help, keys, values: counts.mapValues { Double($0) })
    }

    mutating func add(
        _ name: String, _ help: String, _ keys: [String], histograms: [[String]: Histogram]
    ) {
        head(name, "histogram", help)
        for (values, histogram) in Self.sorted(histograms) {
            let labels = Self.labels(keys, values)
            for (bound, count) in zip(Histogram.bounds, histogram.cumulative) {
                let bounded = labels + [Self.label("le", Self.number(bound))]
                line(name + "_bucket", bounded, "\(count)")
            }
            line(name + "_bucket", labels + [Self.label("le", "+Inf")], "\(histogram.count)")
            line(name + "_sum", labels, Self.number(histogram.sum))
            line(name + "_count", labels, "\(histogram.count)")
        }
    }

    private mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func line(_ name: String, _ labels: [String], _ value: String) {
        let braced = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        text += "\(name)\(braced) \(value)\n"
    }

    private static func sorted<Value>(_ values: [[String]: Value]) -> [([String], Value)] {
        values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    private static func labels(_ keys: [String], _ values: [String]) -> [String] {
        zip(keys, values).map(label)
    }

    private static func label(_ key: String, _ value: String) -> String {
        let escaped = value.replacing("\\", by: "\\\\").replacing("\"", by: "\\\"")
            .replacing("\n", by: "\\n")
        return "\(key)=\"\(escaped)\""
    }

    /// Whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
