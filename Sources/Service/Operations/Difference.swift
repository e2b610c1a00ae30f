internal import Model

/// What tells a request from an earlier one under the same name.
enum Difference {
    /// Names the first field, by the contract's own names, in which the two differ.
    static func text(_ old: JSONValue, _ new: JSONValue) -> String {
        guard let field = field(old, new) else { return "the request is another" }
        return field.isEmpty ? "the request is another" : "its \(field) is another"
    }

    /// The path to the first difference; empty when the values themselves differ, nil when none does.
    private static func field(_ old: JSONValue, _ new: JSONValue) -> String? {
        if old == new { return nil }
        guard let old = old.object, let new = new.object else { return "" }
        for key in Set(old.keys).union(new.keys).sorted() {
            guard let inner = field(old[key] ?? .null, new[key] ?? .null) else { continue }
            return inner.isEmpty ? key : "\(key).\(inner)"
        }
        return nil
    }
}
