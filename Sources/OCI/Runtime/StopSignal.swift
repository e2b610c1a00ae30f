internal import Glibc
internal import Text

/// Signals by their names in CRI, in images and in signal(7).
public enum StopSignal {
    /// What a container gets that asks for nothing else.
    public static let `default`: Int32 = SIGTERM
    public static let kill: Int32 = SIGKILL

    /// The first of the real-time signals: the kernel's 32 and 33 are glibc's own.
    private static let realtimeMinimum: Int32 = 34
    private static let realtimeMaximum: Int32 = 64

    private static let numbers: [String: Int32] = [
        "ABRT": SIGABRT, "ALRM": SIGALRM, "BUS": SIGBUS, "CHLD": SIGCHLD, "CLD": SIGCHLD,
        "CONT": SIGCONT, "FPE": SIGFPE, "HUP": SIGHUP, "ILL": SIGILL, "INT": SIGINT, "IO": SIGIO,
        "IOT": SIGABRT, "KILL": SIGKILL, "PIPE": SIGPIPE, "POLL": SIGIO, "PROF": SIGPROF,
        "PWR": SIGPWR, "QUIT": SIGQUIT, "SEGV": SIGSEGV, "STKFLT": SIGSTKFLT, "STOP": SIGSTOP,
        "SYS": SIGSYS, "TERM": SIGTERM, "TRAP": SIGTRAP, "TSTP": SIGTSTP, "TTIN": SIGTTIN,
        "TTOU": SIGTTOU, "URG": SIGURG, "USR1": SIGUSR1, "USR2": SIGUSR2, "VTALRM": SIGVTALRM,
        "WINCH": SIGWINCH, "XCPU": SIGXCPU, "XFSZ": SIGXFSZ, "RTMIN": realtimeMinimum,
        "RTMAX": realtimeMaximum,
    ]

    /// The number for `SIGTERM`, `TERM`, `sigterm`, `15`, `RTMIN+3`, `SIGRTMAX-2` and CRI's
    /// spellings of those (`SIGNAL_SIGRTMINPLUS3`); nil when it names no signal.
    public static func number(of name: String) -> Int32? {
        if let number = Int32(name) { return (1...realtimeMaximum).contains(number) ? number : nil }
        var text = name.uppercasedASCII
        for prefix in ["SIGNAL_", "SIG"] {
            text = String(text.removing(prefix: prefix) ?? text[...])
        }
        return numbers[text] ?? realtime(text)
    }

    private static func realtime(_ text: String) -> Int32? {
        let forms: [(String, Int32, Int32)] = [
            ("RTMIN+", realtimeMinimum, 1), ("RTMINPLUS", realtimeMinimum, 1),
            ("RTMAX-", realtimeMaximum, -1), ("RTMAXMINUS", realtimeMaximum, -1),
        ]
        for (prefix, base, step) in forms {
            guard let number = text.removing(prefix: prefix) else { continue }
            guard let offset = Int32(number), (0...30).contains(offset) else { return nil }
            return base + step * offset
        }
        return nil
    }
}
