internal import ImageProtocol

/// What all pulls share.
struct PullResources: Sendable {
    let layers: Layers
    let workers: ImageWorkers
    let settings: FetchSettings
    let underWay = LayersUnderWay()
    /// Over all pulls, since each layer takes two threads.
    let semaphore = Semaphore(16)
    /// Taken before one of those.
    let registryPlaces = RegistryPlaces(8)
    /// One after the other, since two images may have a layer to put in place that they share.
    let commits = Semaphore(1)
}
