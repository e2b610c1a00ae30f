internal import Model

/// Changes of limits that plugins want, by container.
struct UpdateMerge: Sendable {
    var owners = Ownership()
    /// One that no plugin may change in this way, as it is being created.
    var excluded: String?
    /// The container whose limits are asked to be changed, and to what.
    var asked: (id: String, resources: LinuxResources)?
    /// In the order in which containers were first named.
    private(set) var updates: [ContainerUpdate] = []

    /// - Throws: a conflict, unless the plugin says that it may fail.
    mutating func add(_ new: [ContainerUpdate], _ plugin: String) throws {
        for update in new {
            guard update.containerId != excluded else {
                throw GantryError(
                    .failedPrecondition,
                    "plugin \"\(plugin)\" updates container \(update.containerId), which is being "
                        + "created")
            }
            do { try add(update, plugin) } catch  where update.ignoreFailure {}
        }
    }

    /// Nothing of one that fails is kept.
    private mutating func add(_ update: ContainerUpdate, _ plugin: String) throws {
        var merge = ResourceMerge(
            container: update.containerId, plugin: plugin, owners: owners)
        let new = update.linux?.resources ?? LinuxResources()
        if var asked, asked.id == update.containerId {
            try merge.add(new, to: &asked.resources)
            self.asked = asked
        } else {
            let place = updates.firstIndex { $0.containerId == update.containerId }
            var merged =
                place.map { updates[$0] }
                ?? ContainerUpdate(containerId: update.containerId, ignoreFailure: true)
            var resources = merged.linux?.resources ?? LinuxResources()
            try merge.add(new, to: &resources)
            merged.linux = LinuxContainerUpdate(resources: resources)
            merged.ignoreFailure = merged.ignoreFailure && update.ignoreFailure
            if let place { updates[place] = merged } else { updates.append(merged) }
        }
        owners = merge.owners
    }
}
