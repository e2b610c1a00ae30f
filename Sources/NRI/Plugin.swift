internal import Model
internal import Protobuf
internal import Synchronization
internal import System

/// A plugin that has registered.
final class Plugin: Sendable {
    /// Two digits, by which plugins are ordered.
    let index: String
    let base: String
    let connection: PluginConnection
    let isLaunched: Bool
    let limit: Duration
    /// The version of NRI that it says it has.
    let version: String

    private struct State {
        var events = EventSet.all
        var isSynchronized = false
        var olderForms: Set<Event> = []
    }

    private let state = Mutex(State())
    private let turn = Turn()

    init(
        index: String, base: String, version: String, connection: PluginConnection,
        isLaunched: Bool, limit: Duration
    ) {
        self.index = index
        self.base = base
        self.version = version
        self.connection = connection
        self.isLaunched = isLaunched
        self.limit = limit
    }

    var name: String { "\(index)-\(base)" }
    var events: EventSet { state.withLock { $0.events } }
    var isSynchronized: Bool { state.withLock { $0.isSynchronized } }

    func subscribe(_ events: EventSet) {
        state.withLock { $0.events = events }
    }

    /// Takes the turn that everything after Synchronize waits for.
    func beginSynchronizing() {
        _ = turn.takeNow()
    }

    func endSynchronizing() {
        state.withLock { $0.isSynchronized = true }
        turn.give()
    }

    /// Tells the plugin of an event that it wants.
    /// - Parameter older: the same as StateChange.
    /// - Returns: its answer; nil when it does not want the event, or is gone, or fails so that it
    ///   is dropped.
    /// - Throws: what the plugin answers, with its name.
    func tell(
        _ event: Event, _ request: [UInt8], older: () -> [UInt8] = { [] }
    ) async throws -> [UInt8]? {
        guard events.contains(event) else { return nil }
        let patience = isSynchronized ? nil : Alarm.after(limit) { self.giveUpSynchronizing() }
        await turn.take()
        patience?.cancel()
        defer { turn.give() }
        do {
            return try await ask(event, request, older)
        } catch let error as GantryError {
            if try isDropped(by: error, event) { return nil }
            throw GantryError(
                error.code, "plugin \(name) refuses \(event.method): \(error.message)")
        }
    }

    private func ask(
        _ event: Event, _ request: [UInt8], _ older: () -> [UInt8]
    ) async throws -> [UInt8] {
        if state.withLock({ $0.olderForms.contains(event) }) {
            return try await connection.call("StateChange", older(), within: limit)
        }
        do {
            return try await connection.call(event.method, request, within: limit)
        } catch let error as GantryError where error.code == .unimplemented && event.hasOlderForm {
            state.withLock { _ = $0.olderForms.insert(event) }
            return try await connection.call("StateChange", older(), within: limit)
        }
    }

    private func isDropped(by error: GantryError, _ event: Event) throws -> Bool {
        switch error.code {
        case .deadlineExceeded:
            drop("\(event.method) has not been answered within \(limit)")
            return true
        case .unavailable where connection.isEnded: return true
        default: return false
        }
    }

    private func giveUpSynchronizing() {
        if !isSynchronized { drop("Synchronize holds up a pod for longer than \(limit)") }
    }

    func drop(_ reason: String) {
        connection.close(reason)
    }

    /// What the plugin answered.
    /// - Returns: nil when it is no answer, for which the plugin is dropped.
    func decode<Answer: CMessage>(_ bytes: [UInt8]?, _ event: Event) -> Answer? {
        guard let bytes else { return nil }
        do { return try Bytes.decode(bytes) } catch {
            drop("its answer to \(event.method) cannot be read: \(error)")
            return nil
        }
    }
}
