internal import Text

/// `Content-Range` of a 206 (RFC 9110, 14.4): which bytes it has.
struct ContentRange: Hashable, Sendable {
    let first: UInt64
    let last: UInt64
    /// How many there are in all; nil when the server does not say.
    let total: UInt64?

    /// Nil for anything but `bytes FIRST-LAST/TOTAL` and `bytes FIRST-LAST/*`.
    init?(_ text: String) {
        guard let range = text.lowercasedASCII.removing(prefix: "bytes ") else { return nil }
        let parts = range.split(at: "/")
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(at: "-").map { UInt64($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
            return nil
        }
        let total = UInt64(parts[1])
        guard total.map({ last < $0 }) ?? (parts[1] == "*") else { return nil }
        (self.first, self.last, self.total) = (first, last, total)
    }

    /// Whether it answers a request for the bytes from `start` on of a blob of `size`. A server may
    /// send fewer than were asked for (RFC 9110, 15.3.7).
    func answers(_ wanted: Range<UInt64>, of size: UInt64) -> Bool {
        first == wanted.lowerBound && last < wanted.upperBound && total ?? size == size
    }
}
