internal import Kernel
internal import Text

/// How long tasks waited for a resource (accounting/psi.rst).
public struct Pressure: Hashable, Sendable {
    /// Some tasks, and all tasks at once.
    public let some: Level
    public let full: Level

    public struct Level: Hashable, Sendable {
        /// Nanoseconds.
        public let total: UInt64
        /// Shares of the last 10, 60 and 300 seconds, in per cent.
        public let average10: Double
        public let average60: Double
        public let average300: Double

        static let none = Level(total: 0, average10: 0, average60: 0, average300: 0)
    }

    /// nil when there is no such file, or reading it is refused since the kernel was booted without.
    init?(_ file: KernelFile) {
        let lines = file.fields
        guard let some = lines.first(where: { $0.first == "some" }) else { return nil }
        self.some = Level(some)
        full = lines.first { $0.first == "full" }.map { Level($0) } ?? .none
    }
}

extension Pressure.Level {
    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, the total in microseconds.
    fileprivate init(_ fields: [Substring]) {
        let value = { (key: String) in
            fields.lazy.compactMap { $0.removing(prefix: key + "=") }.first
        }
        let average = { (key: String) in value(key).flatMap { Double($0) } ?? 0 }
        self.init(
            total: (value("total").flatMap { UInt64($0) } ?? 0).times(1000),
            average10: average("avg10"), average60: average("avg60"),
            average300: average("avg300"))
    }
}
