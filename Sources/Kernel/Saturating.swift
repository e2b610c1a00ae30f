/// Arithmetic on numbers from outside: requests, documents, cgroup and proc files, rows of the store.
///
/// Swift's own operators and conversions end the process when a result does not fit. What does not
/// fit here is the nearest number that does: a wrong figure costs at most a wrong figure.
extension FixedWidthInteger {
    public func plus(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        if !overflow { return sum }
        return other > 0 ? .max : .min
    }

    /// Of unsigned numbers, nothing is less than zero.
    public func minus(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        if !overflow { return difference }
        return other > 0 ? .min : .max
    }

    public func times(_ factor: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        if !overflow { return product }
        return (self < 0) == (factor < 0) ? .max : .min
    }

    /// The whole part; zero for what is no number.
    public init(clamping value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum, or the nearest number that fits.
    public var total: Element { reduce(0) { $0.plus($1) } }
}

extension Duration {
    /// A hundred and thirty-six years: the longest wait that every clock and timer can hold.
    public static let longest = Duration.seconds(Int64(UInt32.max))

    /// A number of seconds from outside as a wait; less than none is none.
    public static func clamped(seconds: Int64) -> Duration {
        .seconds(seconds).clamped
    }

    /// The nearest wait that a clock can hold.
    public var clamped: Duration { min(max(self, .zero), .longest) }
}
