internal import Model
internal import OCI

/// CRI's signals and the kernel's: the same names, other numbers.
extension Signal {
    var number: Int32 { StopSignal.number(of: "\(self)") ?? StopSignal.default }

    /// The first of CRI's names for a number: some, as SIGIO and SIGPOLL, have two.
    init(number: Int32) {
        self = Signal.byNumber[number] ?? .runtimeDefault
    }

    /// Made once: to ask each case for its name takes longer than the rest of ContainerStatus.
    private static let byNumber: [Int32: Signal] = Dictionary(
        allCases.filter { $0 != .runtimeDefault }.compactMap { signal in
            StopSignal.number(of: "\(signal)").map { ($0, signal) }
        }, uniquingKeysWith: { first, _ in first })
}
