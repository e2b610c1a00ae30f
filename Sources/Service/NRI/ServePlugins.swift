internal import NRI

extension Node {
    /// Has plugins come and go until the daemon ends.
    /// - Returns: once those that are started with the daemon have registered, or failed to.
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
        _ = try? await ready.wait()
    }
}
