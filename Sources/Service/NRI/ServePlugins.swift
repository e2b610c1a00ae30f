internal import NRI
internal import System

extension Node {
    /// Has plugins come and go until the daemon ends.
    /// - Returns: once those that are started with the daemon have registered, or failed to, and what they want
    ///   changed is; the latter not for ever, since runtimes may hang at it.
    public func startPlugins() async {
        plugins.attach(self)
        guard let manager = plugins.manager else { return }
        let ready = Latch<Void>()
        nursery.start {
            await withDiscardingTaskGroup { group in
                group.addTask { await PluginHost(manager).run { ready.open(()) } }
                _ = try? await self.leaving.wait()
                group.cancelAll()
            }
        }
        let limit = Duration.seconds(settings.nriRegistrationTimeout) + Self.updateLimit
        try? await withDeadline(limit, "plugins") { try await ready.wait() }
    }

    private static let updateLimit = Duration.seconds(10)
}
