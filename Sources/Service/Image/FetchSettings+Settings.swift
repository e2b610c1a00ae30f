internal import ImageProtocol

extension FetchSettings {
    /// What the settings say of each fetch.
    init(_ settings: Settings) {
        self.init(
            limits: LayerLimits(
                bytes: UInt64(clamping: settings.largestLayer),
                entries: settings.mostLayerEntries,
                ratio: UInt64(clamping: settings.largestLayerRatio),
                ratioFloor: UInt64(clamping: settings.layerRatioFloor),
                // Beside what it is made of, the process has the finished index in memory.
                index: min(LayerLimits().index, settings.imageMemory / 3)),
            longLayers: LongLayers(threshold: UInt64(clamping: settings.longLayer)))
    }
}
