internal import Glibc
internal import Kernel
internal import Synchronization
internal import System
internal import Testing

@Suite struct ReactorTests {
    /// Pieces of two bytes, the last of them after the other end has gone.
    @Test func aReaderIsCalledUntilItHasEnough() async throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        try syscall("socketpair") { socketpair(AF_UNIX, kind, 0, &ends) }
        let near = Descriptor(owning: ends[0])
        let far = Descriptor(owning: ends[1])
        let raw = near.raw
        let pieces = Mutex<[[UInt8]]>([])
        let bytes: [UInt8] = [1, 2, 3]
        try syscall("write") { write(far.raw, bytes, bytes.count) }
        try await withCheckedThrowingContinuation { end in
            do {
                try Reactor.shared.read(raw) {
                    let bytes = [UInt8](unsafeUninitializedCapacity: 2) { buffer, count in
                        count = max(0, recv(raw, buffer.baseAddress, buffer.count, 0))
                    }
                    if bytes == [3] { shutdown(raw, Int32(SHUT_RDWR)) }
                    pieces.withLock { $0.append(bytes) }
                    if bytes.isEmpty { end.resume() }
                    return !bytes.isEmpty
                }
            } catch { end.resume(throwing: error) }
        } as Void
        #expect(pieces.withLock { $0 } == [[1, 2], [3], []])
        #expect(near.raw == raw && far.raw >= 0)
    }

    @Test func whatCannotBeWaitedForIsAnError() throws {
        let file = Descriptor(owning: try syscall("open") { open("/proc/self/stat", O_RDONLY) })
        #expect(throws: SystemError.self) { try Reactor.shared.read(file.raw) { false } }
        #expect(throws: SystemError.self) { try Reactor.shared.read(-1) { false } }
    }
}
