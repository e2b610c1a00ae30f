internal import Model

/// How long a registry may let us wait. There is no limit on the whole: a large layer over a slow
/// line is fine as long as it comes.
public struct HTTPPatience: Sendable, Hashable {
    /// Milliseconds until the connection stands, name lookup and TLS included.
    public var connect: Int
    /// Seconds in which a transfer may stay below `slowestBytes` a second.
    public var stall: Int
    public var slowestBytes: Int
    /// Seconds of waiting in which `leastBytes` must have come, whatever was on the way meanwhile.
    public var window: Int
    public var leastBytes: Int

    public init(
        connect: Int = 15_000, stall: Int = 30, slowestBytes: Int = 16, window: Int = 120,
        leastBytes: Int = 120 << 10
    ) {
        self.connect = connect
        self.stall = stall
        self.slowestBytes = slowestBytes
        self.window = window
        self.leastBytes = leastBytes
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
        for number in [limits.bytes, limits.ratio, limits.ratioFloor] { wire.put(number) }
        for number in [
            limits.entries, limits.names, limits.index, patience.connect, patience.stall,
            patience.slowestBytes, patience.window, patience.leastBytes,
        ] {
            wire.put(number)
        }
        longLayers.put(into: &wire)
    }

    init(_ wire: inout WireReader) throws(GantryError) {
        self.init()
        limits.bytes = try wire.number()
        limits.ratio = try wire.number()
        limits.ratioFloor = try wire.number()
        limits.entries = try wire.integer()
        limits.names = try wire.integer()
        limits.index = try wire.integer()
        patience.connect = try wire.integer()
        patience.stall = try wire.integer()
        patience.slowestBytes = try wire.integer()
        patience.window = try wire.integer()
        patience.leastBytes = try wire.integer()
        longLayers = try LongLayers(&wire)
    }
}

extension LongLayers {
    fileprivate func put(into wire: inout WireWriter) {
        wire.put(threshold)
        wire.put(trial)
        wire.put(idleShare)
        wire.put(rangesAtOnce)
        wire.put(rangeLength)
    }

    fileprivate init(_ wire: inout WireReader) throws(GantryError) {
        self.init(threshold: try wire.number())
        trial = try wire.number()
        idleShare = try wire.fraction()
        rangesAtOnce = try wire.integer()
        rangeLength = try wire.number()
    }
}
