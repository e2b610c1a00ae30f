/// The versions of the CNI specification, oldest first.
enum SpecVersion: String, Codable, CaseIterable, Sendable {
    case v010 = "0.1.0"
    case v020 = "0.2.0"
    case v030 = "0.3.0"
    case v031 = "0.3.1"
    case v040 = "0.4.0"
    case v100 = "1.0.0"
    case v110 = "1.1.0"

    /// Chains of plugins, and results with `interfaces` and `ips`.
    var hasChains: Bool { self >= .v030 }
    /// CHECK, and `prevResult` at DEL.
    var hasCheck: Bool { self >= .v040 }
    /// Each address says `"version": "4"`; 1.0 took that out as redundant.
    var marksFamilies: Bool { hasChains && self < .v100 }
    /// STATUS and GC.
    var hasStatus: Bool { self >= .v110 }
}

extension SpecVersion: Comparable {
    private var age: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (left: SpecVersion, right: SpecVersion) -> Bool { left.age < right.age }
}
