internal import ImageProtocol
internal import Model

/// Ends a transfer that goes on and yet gets nowhere. Only the time in which we wait for bytes counts,
/// and none in which they wait for us.
struct ProgressFloor {
    private let window: Duration
    private let leastBytes: Int
    private var waited = Duration.zero
    private var bytes = 0
    private var begin = ContinuousClock.now

    init(_ patience: HTTPPatience) {
        window = .seconds(patience.window)
        leastBytes = patience.leastBytes
    }

    /// Takes note of bytes that have come.
    /// - Throws: `GantryError` (`unavailable`), so that nobody takes the transfer up again.
    mutating func come(_ count: Int, from url: String) throws(GantryError) {
        waited += begin.duration(to: .now)
        bytes += count
        guard waited >= window else { return }
        guard bytes >= leastBytes else {
            throw GantryError(
                .unavailable,
                "\(printable(url)): \(bytes) bytes in \(waited.components.seconds) s,"
                    + " fewer than \(leastBytes)")
        }
        (waited, bytes) = (.zero, 0)
    }

    /// We wait for more from now on.
    mutating func wait() {
        begin = .now
    }
}
