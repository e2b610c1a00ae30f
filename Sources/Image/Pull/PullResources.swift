internal import Archive

/// What all pulls share.
struct PullResources: Sendable {
    let layers: Layers
    let limits: LayerLimits
    let longLayers: LongLayers
    let privileges: Privileges
    let underWay = LayersUnderWay()
    /// Over all pulls, since each layer takes two threads.
    let semaphore = Semaphore(16)
    /// Taken before one of those.
    let registryPlaces = RegistryPlaces(8)
    /// One after the other, since two images may have a layer to put in place that they share.
    let commits = Semaphore(1)
    /// Whoever fetches in ranges has it: each takes their memory.
    let rangesPlace = SinglePlace()
}
