internal import Model

/// Where the bytes of a tar come from, in their order.
protocol TarInput: AnyObject {
    /// How many bytes have been taken or passed over.
    var position: UInt64 { get }

    /// The next bytes, at least one and at most `limit`; none at the end. They are valid until the next
    /// call of any kind.
    func next(upTo limit: UInt64) throws -> UnsafeRawBufferPointer

    /// Passes over as many bytes as are there.
    /// - Returns: how many that were.
    func skip(_ count: UInt64) throws -> UInt64
}

/// What a tar that breaks its format is refused with.
func badTar(_ reason: String) -> GantryError {
    GantryError(.dataLoss, "bad tar: \(reason)")
}
