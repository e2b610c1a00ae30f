extension Spec {
    /// Limits of block devices (config-linux.md, "Block IO").
    public struct BlockIO: Codable, Hashable, Sendable {
        /// 10 to 1000, against other cgroups.
        public var weight: UInt16?
        public var weightDevice: [DeviceWeight]?
        /// Bytes, or operations, a second.
        public var throttleReadBpsDevice: [DeviceRate]?
        public var throttleWriteBpsDevice: [DeviceRate]?
        public var throttleReadIOPSDevice: [DeviceRate]?
        public var throttleWriteIOPSDevice: [DeviceRate]?

        public init() {}
    }

    public struct DeviceWeight: Codable, Hashable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var weight: UInt16
    }

    public struct DeviceRate: Codable, Hashable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var rate: UInt64
    }
}
