internal import Model
internal import Text

/// A pod's bandwidth in bits per second, from the annotations that Kubernetes documents for it
/// ("Network Plugins", "Support traffic shaping").
struct Bandwidth: Equatable {
    let ingress: Int64?
    let egress: Int64?

    /// Nil when the pod does not ask for any.
    /// - Throws: `GantryError.invalidArgument`.
    init?(annotations: [String: String]) throws {
        ingress = try Self.rate("kubernetes.io/ingress-bandwidth", annotations)
        egress = try Self.rate("kubernetes.io/egress-bandwidth", annotations)
        if ingress == nil && egress == nil { return nil }
    }

    /// The convention's `bandwidth`. A burst is mandatory beside a rate; in practice this one, the
    /// largest that tc takes everywhere, is no limit.
    var argument: JSONValue {
        var members: [String: JSONValue] = [:]
        let burst = JSONValue.integer(Int64(Int32.max))
        if let ingress {
            members["ingressRate"] = .integer(ingress)
            members["ingressBurst"] = burst
        }
        if let egress {
            members["egressRate"] = .integer(egress)
            members["egressBurst"] = burst
        }
        return .object(members)
    }

    /// Kubernetes takes 1k to 1P (validateBandwidthIsReasonable).
    private static func rate(_ key: String, _ annotations: [String: String]) throws -> Int64? {
        guard let text = annotations[key] else { return nil }
        guard let value = Quantity.value(of: text), (1e3...1e15).contains(value) else {
            throw GantryError(
                .invalidArgument, "annotation \(key): \"\(text)\" is no quantity from 1k to 1P")
        }
        return Int64(value.rounded(.up))
    }
}

/// Kubernetes' notation of quantities: a decimal number and a suffix or an exponent.
enum Quantity {
    private static let suffixes: [String: Double] = [
        "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
        "P": 1e15, "E": 1e18, "Ki": 0x1p10, "Mi": 0x1p20, "Gi": 0x1p30, "Ti": 0x1p40,
        "Pi": 0x1p50, "Ei": 0x1p60,
    ]

    static func value(of text: String) -> Double? {
        let digits = text.head { $0.isASCIIDigit || "+-.".utf8.contains($0) }
        guard digits.utf8.contains(where: \.isASCIIDigit), let number = Double(digits) else {
            return nil
        }
        let rest = text[digits.endIndex...]
        if let factor = suffixes[String(rest)] { return number * factor }
        guard let exponent = rest.removing(prefix: "e") ?? rest.removing(prefix: "E"),
            Int(exponent) != nil
        else { return nil }
        return Double(text)
    }
}
