internal import Protobuf

/// A container as plugins are shown it, encoded once: its seccomp policy alone is hundreds of strings,
/// and there are seven requests with it in a pod's life.
public struct EncodedContainer: Sendable {
    let id: String
    let bytes: [UInt8]

    public init(_ container: Container) {
        self.init(id: container.id, Bytes.of(container))
    }

    private init(id: String, _ bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }

    /// The same with more fields, none of which has been set.
    public func adding(_ fields: Container) -> EncodedContainer {
        EncodedContainer(id: id, bytes + Bytes.of(fields))
    }
}

/// Requests with containers that are encoded already, by the numbers of their fields in Proto/nri.proto.
extension Bytes {
    static func of(_ request: ContainerEvent, with container: EncodedContainer) -> [UInt8] {
        of(request, adding: container, as: 2)
    }

    static func of(_ request: UpdateContainerRequest, with container: EncodedContainer) -> [UInt8] {
        of(request, adding: container, as: 2)
    }

    static func of(
        _ request: ValidateContainerAdjustmentRequest, with container: EncodedContainer
    ) -> [UInt8] {
        of(request, adding: container, as: 2)
    }

    static func of(_ request: StateChangeEvent, with container: EncodedContainer) -> [UInt8] {
        of(request, adding: container, as: 3)
    }

    private static func of(
        _ request: some CMessage, adding container: EncodedContainer, as field: Int
    ) -> [UInt8] {
        var bytes = of(request)
        bytes.append(field: field, container.bytes)
        return bytes
    }
}
