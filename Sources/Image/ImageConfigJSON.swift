public import Model

extension ImageConfig {
    /// From the image configuration as the registry gave it.
    /// - Throws: `GantryError` (`dataLoss`) when it cannot be read.
    public init(imageJSON bytes: [UInt8]) throws {
        self = try ConfigDocument(bytes).config
    }
}
