internal import Model
internal import Text

extension Spec.Rlimit {
    private static let names: Set<String> = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile",
        "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ]

    /// `name=soft:hard`, or one number for both; -1 is no limit. The units are those of getrlimit(2).
    /// - Throws: `invalidArgument`.
    public init(ulimit text: String) throws {
        let halves = text.split(at: "=", maxSplits: 1)
        let numbers = halves.last?.split(at: ":").map { Self.value($0) } ?? []
        guard halves.count == 2, (1...2).contains(numbers.count),
            let soft = numbers[0], let hard = numbers[numbers.count - 1], soft <= hard,
            Self.names.contains(String(halves[0]))
        else {
            throw GantryError(.invalidArgument, "\"\(text)\" is no limit, as nofile=1024:4096")
        }
        self.init("RLIMIT_\(halves[0].uppercasedASCII)", soft: soft, hard: hard)
    }

    private static func value(_ text: Substring) -> UInt64? {
        text == "-1" ? .max : UInt64(text)
    }
}
