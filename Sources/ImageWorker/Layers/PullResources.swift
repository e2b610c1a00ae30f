internal import Archive
internal import ImageProtocol
internal import ImageTree

/// What all layers of an image share.
struct PullResources: Sendable {
    let limits: LayerLimits
    let longLayers: LongLayers
    let privileges: Privileges
    /// Whoever fetches in ranges has it: each takes their memory.
    let rangesPlace = SinglePlace()
}
