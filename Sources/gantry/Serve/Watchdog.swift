internal import CRI
internal import GRPC
internal import Logging
internal import Model
internal import System

/// Tells the service manager that requests are answered, by having one answered: a connection of its
/// own, through the socket, the server and the table of methods.
struct Watchdog: Sendable {
    let manager: ServiceManager
    let socket: String
    let log: Logger

    /// Until its task is cancelled. When an answer fails to come, the manager is told nothing, and ends
    /// the daemon after the rest of its interval.
    func run() async {
        guard let interval = manager.watchdog else { return }
        while !Task.isCancelled {
            do {
                try await ask(within: interval / 2)
                manager.tell(.alive)
            } catch {
                log.error("the watchdog is not answered: \(error)")
            }
            try? await Alarm.sleep(for: interval / 2)
        }
    }

    private func ask(within limit: Duration) async throws {
        let answer = try await Client(socketPath: socket).call(
            Methods.version.path, try VersionRequest().encoded(), limit: limit)
        _ = try VersionResponse.decode(answer)
    }
}
