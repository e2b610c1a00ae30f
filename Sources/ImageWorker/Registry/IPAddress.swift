internal import Glibc
internal import Text

/// An IPv4 or IPv6 address. IPv4 is kept as IPv6 has it, `::ffff:a.b.c.d`, so that both forms are one.
struct IPAddress: Hashable, Sendable {
    private let bytes: [UInt8]
    private let isIPv4: Bool

    /// Nil for what is no address in figures.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &bytes) == 1 {
            isIPv4 = bytes.starts(with: Self.mapped)
        } else {
            var short = [UInt8](repeating: 0, count: 4)
            guard inet_pton(AF_INET, text, &short) == 1 else { return nil }
            bytes = Self.mapped + short
            isIPv4 = true
        }
        self.bytes = bytes
    }

    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    var isLoopback: Bool {
        isIPv4 ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// The length of a network's prefix as one of 128 bits; nil where this address has not so many.
    func prefix(_ bits: Int) -> Int? {
        (0...(isIPv4 ? 32 : 128)).contains(bits) ? bits + (isIPv4 ? 96 : 0) : nil
    }

    /// - Parameter bits: of 128, as `prefix` gives them.
    func isIn(_ base: IPAddress, bits: Int) -> Bool {
        let whole = bits / 8
        guard bytes[..<whole] == base.bytes[..<whole] else { return false }
        let rest = bits % 8
        return rest == 0 || (bytes[whole] ^ base.bytes[whole]) >> (8 - rest) == 0
    }
}
