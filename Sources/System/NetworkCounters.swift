internal import CLinux
internal import Glibc
internal import Kernel

/// What went through a network interface since it was made.
public struct NetworkCounters: Hashable, Sendable {
    public let interface: String
    public let receivedBytes: UInt64
    public let receiveErrors: UInt64
    public let sentBytes: UInt64
    public let sendErrors: UInt64

    /// The interfaces of the network namespace that is bound to `path`.
    ///
    /// Read on a thread of its own, which enters the namespace and then ends.
    /// - Throws: `SystemError` when there is no such namespace.
    public static func read(namespace path: String) async throws -> [NetworkCounters] {
        try await withCheckedThrowingContinuation { continuation in
            Thread.start(name: "gantry-network") {
                continuation.resume(
                    with: .init {
                        let namespace = try Files.open(path).release()
                        defer { close(namespace) }
                        try syscall("setns", path) { gantry_setns(namespace, GANTRY_CLONE_NEWNET) }
                        return parse(try Files.readText("/proc/thread-self/net/dev"))
                    })
            }
        }
    }

    /// proc(5), /proc/net/dev: after the name sixteen numbers, received first.
    static func parse(_ text: String) -> [NetworkCounters] {
        text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let numbers = parts[1].split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count >= 11 else { return nil }
            return NetworkCounters(
                interface: String(parts[0].drop { $0 == " " }), receivedBytes: numbers[0],
                receiveErrors: numbers[2], sentBytes: numbers[8], sendErrors: numbers[10])
        }
    }
}
