internal import Model
internal import OCI

/// CRI's signals and the kernel's: the same names, other numbers.
extension Signal {
    var number: Int32 { StopSignal.number(of: "\(self)") ?? StopSignal.default }

    /// The first of CRI's names for a number: some, as SIGIO and SIGPOLL, have two.
    init(number: Int32) {
        self =
            Signal.allCases.first {
                $0 != .runtimeDefault && StopSignal.number(of: "\($0)") == number
            } ?? .runtimeDefault
    }
}
