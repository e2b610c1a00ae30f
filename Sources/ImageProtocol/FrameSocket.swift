internal import CLinux
internal import Glibc
public import Kernel
internal import Model
internal import Synchronization

/// One end of the connection between the daemon and the process that handles images: whole messages,
/// and descriptors beside them (SCM_RIGHTS).
///
/// A message is its length and its number of descriptors, four bytes each, lowest first, and then its
/// bytes. Its descriptors come with the first of them.
public final class FrameSocket: Sendable {
    private let socket: OpenFile
    /// Messages are whole.
    private let writing = Mutex(())

    /// What the other end may take its time with, until it counts as stuck.
    private static let patience: Int32 = 10_000

    public init(_ socket: OpenFile) {
        self.socket = socket
    }

    /// Both ends; they are blocking.
    public static func pair() throws(SystemError) -> (OpenFile, OpenFile) {
        var ends: [Int32] = [-1, -1]
        try syscall("socketpair") { gantry_blocking_socket_pair(&ends) }
        return (OpenFile(Descriptor(owning: ends[0])), OpenFile(Descriptor(owning: ends[1])))
    }

    /// Sends a message, and waits while the other end reads no faster.
    /// - Parameter descriptors: remain the caller's.
    /// - Throws: `SystemError`; `ETIMEDOUT` when the other end is stuck.
    public func send(_ message: [UInt8], _ descriptors: [Int32] = []) throws(SystemError) {
        var head: [UInt8] = []
        for number in [UInt32(message.count), UInt32(descriptors.count)] {
            withUnsafeBytes(of: number.littleEndian) { head += $0 }
        }
        let result: Int32 = writing.withLock { _ in
            gantry_send_all(
                socket.raw, head, head.count, descriptors, descriptors.count, Self.patience) == 0
                ? gantry_send_all(socket.raw, message, message.count, [], 0, Self.patience) : -1
        }
        if result != 0 { throw SystemError("send", errno: errno) }
    }

    /// The next message; nil when the other end is gone. Blocks the thread.
    /// - Parameter mostDescriptors: with more of them, or with a longer message than there may be, the
    ///   connection is broken.
    public func receive(mostDescriptors: Int) throws -> (message: [UInt8], descriptors: [OpenFile])?
    {
        var head = [UInt8](repeating: 0, count: 8)
        var numbers = [Int32](repeating: -1, count: max(mostDescriptors, 1))
        var count: Int32 = 0
        let got = try syscall("recv") {
            gantry_receive_all(
                socket.raw, &head, head.count, &numbers, Int32(mostDescriptors), &count)
        }
        let handles = numbers.prefix(Int(count)).map { OpenFile(Descriptor(owning: $0)) }
        if got == 0 { return nil }
        let length = Self.number(head[0..<4])
        guard length <= longestImageMessage, Self.number(head[4..<8]) == handles.count else {
            throw GantryError(.internal, "a message of \(length) bytes")
        }
        var message = [UInt8](repeating: 0, count: length)
        let rest = try syscall("recv") {
            gantry_receive_all(socket.raw, &message, message.count, nil, 0, nil)
        }
        return rest == 0 && length > 0 ? nil : (message, handles)
    }

    /// Ends both directions: whoever waits in `receive` gets nil.
    public func shutDown() {
        Glibc.shutdown(socket.raw, Int32(SHUT_RDWR))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

/// An open descriptor that several may hold.
public final class OpenFile: Sendable {
    public let descriptor: Descriptor

    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    public var raw: Int32 { descriptor.raw }

    /// Runs `body` with the file's name by way of its descriptor, for calls that want a path. The
    /// descriptor stays open meanwhile: the name alone keeps nothing open.
    public func withPath<Result: ~Copyable, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(Files.path(of: raw))
    }
}
