internal import Archive

extension LayerLimits {
    /// What the settings allow a layer.
    init(_ settings: Settings) {
        self.init(
            bytes: UInt64(clamping: settings.largestLayer), entries: settings.mostLayerEntries,
            ratio: UInt64(clamping: settings.largestLayerRatio),
            ratioFloor: UInt64(clamping: settings.layerRatioFloor))
    }
}
