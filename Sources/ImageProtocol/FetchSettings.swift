internal import Model

/// How long a registry may let us wait. There is no limit on the whole: a large layer over a slow
/// line is fine as long as it comes.
public struct HTTPPatience: Sendable, Hashable {
    /// Milliseconds until the connection stands, name lookup and TLS included.
    public var connect: Int
    /// Seconds in which a transfer may stay below `slowestBytes` a second.
    public var stall: Int
    public var slowestBytes: Int

    public init(connect: Int = 15_000, stall: Int = 30, slowestBytes: Int = 16) {
        self.connect = connect
        self.stall = stall
        self.slowestBytes = slowestBytes
    }
}

/// What a node's configuration says of each fetch.
public struct FetchSettings: Sendable, Hashable {
    public var limits: LayerLimits
    public var longLayers: LongLayers
    public var patience: HTTPPatience

    public init(
        limits: LayerLimits = LayerLimits(), longLayers: LongLayers = LongLayers(),
        patience: HTTPPatience = HTTPPatience()
    ) {
        self.limits = limits
        self.longLayers = longLayers
        self.patience = patience
    }
}

extension FetchSettings {
    func put(into wire: inout WireWriter) {
        for number in [limits.bytes, UInt64(limits.entries), limits.ratio, limits.ratioFloor] {
            wire.put(number)
        }
        longLayers.put(into: &wire)
        for number in [patience.connect, patience.stall, patience.slowestBytes] {
            wire.put(number)
        }
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init(
            limits: LayerLimits(
                bytes: try wire.number(), entries: try wire.integer(), ratio: try wire.number(),
                ratioFloor: try wire.number()),
            longLayers: try LongLayers(&wire),
            patience: HTTPPatience(
                connect: try wire.integer(), stall: try wire.integer(),
                slowestBytes: try wire.integer()))
    }
}

extension LongLayers {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(threshold)
        wire.put(trial)
        wire.put(idleShare.bitPattern)
        wire.put(rangesAtOnce)
        wire.put(rangeLength)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(threshold: try wire.number())
        trial = try wire.number()
        idleShare = Double(bitPattern: try wire.number())
        rangesAtOnce = try wire.integer()
        rangeLength = try wire.number()
    }
}
