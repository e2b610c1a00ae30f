internal import Model
internal import NIOCore
internal import System

/// One exec or attach: carries bytes between a process and the client, whatever the client speaks.
struct CommandSession: Sendable {
    /// How long the output of a process that has ended may be silent while something, such as a
    /// child in the background, still holds it open.
    private static let silence: Duration = .seconds(1)

    let version: Int
    let wire: any CommandWire
    let open: @Sendable () async throws -> StreamSession
    /// What the client sends to the process.
    let stdin = ByteQueue()
    let sizes = TerminalSizes()

    private enum Event {
        case exit(Int32)
        case outputEnded
        case silence
        /// The client sends no more.
        case inputEnded
        case noMoreInput
    }

    /// Runs to the end of the process and tells the client how it ended.
    /// - Throws: when the client is gone, or when the task is cancelled.
    func run() async throws {
        defer {
            stdin.abandon()
            sizes.finish()
        }
        let status = try await perform()
        if let bytes = status.bytes(version: version) { try await wire.send(.error, bytes) }
        for channel in [CommandChannel.stdout, .stderr, .error] { try await wire.close(channel) }
    }

    private func perform() async throws -> CommandStatus {
        do {
            let code = try await carry(try await open())
            return code == 0 ? .success : .exit(code)
        } catch {
            try Task.checkCancellation()
            return .failure("\(error)")
        }
    }

    private func carry(_ session: StreamSession) async throws -> Int32 {
        let input = session.stdin.map { OwnedDescriptor($0) }
        let pumps = pumps(session)
        return try await withThrowingTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                let event = await feed(input)
                if input != nil { await session.inputEnded() }
                return event
            }
            group.addTask {
                while let size = await sizes.next() {
                    await session.resize(size.width, size.height)
                }
                return .noMoreInput
            }
            for pump in pumps {
                group.addTask {
                    try await pump.run()
                    return .outputEnded
                }
            }
            group.addTask { .exit(try await session.exitCode()) }
            return try await end(of: &group, pumps, session)
        }
    }

    private func pumps(_ session: StreamSession) -> [OutputPump] {
        [(CommandChannel.stdout, session.stdout), (.stderr, session.stderr)].compactMap {
            channel, raw in
            raw.map { raw in
                OutputPump(OwnedDescriptor(raw)) {
                    try await wire.send(channel, $0)
                } finish: {
                    try await wire.close(channel)
                }
            }
        }
    }

    /// Waits for the exit, and then for the rest of the output; or, where the client's input ends the
    /// session, for what is answered to it in a while.
    private func end(
        of group: inout ThrowingTaskGroup<Event, any Error>, _ pumps: [OutputPump],
        _ session: StreamSession
    ) async throws -> Int32 {
        var code: Int32?
        var open = pumps.count
        while code == nil || open > 0, let event = try await group.next() {
            switch event {
            case .outputEnded: open -= 1
            case .silence: open = 0
            case .noMoreInput: break
            case .inputEnded:
                guard session.endsWithInput else { break }
                code = 0
                group.addTask {
                    try await Alarm.sleep(for: Self.silence)
                    return .silence
                }
            case .exit(let number):
                code = number
                group.addTask { try await silence(pumps) }
            }
        }
        guard let code else { throw CancellationError() }
        return code
    }

    private func silence(_ pumps: [OutputPump]) async throws -> Event {
        while !pumps.allSatisfy({ $0.isIdle(for: Self.silence) }) {
            try await Alarm.sleep(for: .milliseconds(50))
        }
        return .silence
    }

    /// Gives the process what the client sends, until either of them wants no more.
    private func feed(_ input: OwnedDescriptor?) async -> Event {
        defer {
            stdin.abandon()
            input?.close()
        }
        guard let input else { return .noMoreInput }
        do {
            while let chunks = await stdin.take() {
                for chunk in chunks { try await input.write(chunk) }
            }
        } catch {
            // The process has closed its standard input, which is its own affair.
            return .noMoreInput
        }
        return .inputEnded
    }
}
