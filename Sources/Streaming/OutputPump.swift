internal import NIOCore
internal import Synchronization
internal import System

/// Reads a descriptor to its end and gives what it reads to a connection.
final class OutputPump: Sendable {
    /// Below the size from which malloc asks the kernel for each buffer.
    private static let room = 96 << 10

    private let descriptor: OwnedDescriptor
    private let closesAtEnd: Bool
    private let send: @Sendable (ByteBuffer) async throws -> Void
    private let finish: @Sendable () async throws -> Void
    /// Since when the descriptor has had nothing to read.
    private let idleSince = Mutex<ContinuousClock.Instant?>(nil)

    init(
        _ descriptor: OwnedDescriptor, closesAtEnd: Bool = true,
        send: @escaping @Sendable (ByteBuffer) async throws -> Void,
        finish: @escaping @Sendable () async throws -> Void
    ) {
        self.descriptor = descriptor
        self.closesAtEnd = closesAtEnd
        self.send = send
        self.finish = finish
    }

    /// Whether it has waited for so long that no more is to be expected. What a program writes just
    /// before its exit may be there already, and this pump not yet awake.
    func isIdle(for time: Duration) -> Bool {
        idleSince.withLock { since in
            (since.map { $0.duration(to: .now) >= time } ?? false) && !descriptor.isReadable
        }
    }

    /// Tells the connection of the end as well. Until that is done the pump is not idle: whoever gives
    /// up idle pumps would cut the word short.
    /// - Throws: what `send` and `finish` throw; `CancellationError`.
    func run() async throws {
        defer { end() }
        if closesAtEnd { descriptor.widen() }
        var buffer = ByteBuffer()
        while true {
            try Task.checkCancellation()
            switch descriptor.read(into: &buffer, room: Self.room) {
            case .bytes: try await pass(&buffer)
            case .nothingYet: try await wait()
            case .end: return try await finish()
            }
        }
    }

    private func end() {
        if closesAtEnd { descriptor.close() }
        idleSince.withLock { $0 = .now - .seconds(3600) }
    }

    private func wait() async throws {
        idleSince.withLock { $0 = .now }
        defer { idleSince.withLock { $0 = nil } }
        try await Reactor.shared.wait(for: descriptor.raw)
    }

    /// A small piece is copied, so that a queue of them does not hold a large buffer each.
    private func pass(_ buffer: inout ByteBuffer) async throws {
        guard buffer.readableBytes < Self.room / 2 else {
            let full = buffer
            buffer = ByteBuffer()
            return try await send(full)
        }
        let piece = ByteBuffer(bytes: buffer.readableBytesView)
        buffer.clear()
        try await send(piece)
    }
}
