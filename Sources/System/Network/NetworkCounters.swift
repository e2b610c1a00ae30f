internal import CLinux
internal import Kernel
internal import Text

/// What went through a network interface since it was made.
public struct NetworkCounters: Hashable, Sendable {
    public let interface: String
    public let received: Direction
    public let sent: Direction

    public struct Direction: Hashable, Sendable {
        public let bytes: UInt64
        public let packets: UInt64
        public let errors: UInt64
        public let dropped: UInt64
    }

    /// The interfaces of the network namespaces that are bound to `paths`; nil for one that has gone,
    /// and for all when there is no thread to be had.
    ///
    /// Read on a thread of its own, which enters one namespace after the other and then ends.
    public static func read(namespaces paths: [String]) async -> [[NetworkCounters]?] {
        if paths.isEmpty { return [] }
        return await withUnsafeContinuation { continuation in
            do {
                try Thread.start(name: "gantry-network") {
                    continuation.resume(returning: paths.map { try? enter($0) })
                }
            } catch {
                continuation.resume(returning: paths.map { _ in nil })
            }
        }
    }

    private static func enter(_ path: String) throws -> [NetworkCounters] {
        let namespace = try Files.open(path)
        let raw = namespace.raw
        try syscall("setns", path) { gantry_setns(raw, GANTRY_CLONE_NEWNET) }
        return parse(try Files.readText("/proc/thread-self/net/dev"))
    }

    /// proc(5), /proc/net/dev: after the name sixteen numbers, the received ones first.
    static func parse(_ text: String) -> [NetworkCounters] {
        text.split(at: "\n").compactMap { line in
            let parts = line.split(at: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let numbers = parts[1].split(at: " ").compactMap { UInt64($0) }
            guard numbers.count >= 16 else { return nil }
            return NetworkCounters(
                interface: String(parts[0].trimmed), received: .init(numbers[..<8]),
                sent: .init(numbers[8...]))
        }
    }
}

extension NetworkCounters.Direction {
    /// Both directions begin with the same four figures.
    fileprivate init(_ numbers: ArraySlice<UInt64>) {
        let first = Array(numbers.prefix(4))
        self.init(bytes: first[0], packets: first[1], errors: first[2], dropped: first[3])
    }
}
