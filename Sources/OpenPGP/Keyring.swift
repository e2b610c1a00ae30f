public import Model

/// Public keys of OpenPGP (RFC 4880) whose signatures count.
public struct Keyring: Hashable, Sendable {
    private let files: [[UInt8]]

    /// - Parameter files: exported keys, as `gpg --export` writes them, armored or not.
    /// - Throws: `GantryError` (`invalidArgument`) for one that has no public key.
    public init(_ files: [[UInt8]]) throws(GantryError) {
        self.files = files
        for file in files {
            let library = try Library()
            try library.load(file)
            guard library.keyCount > 0 else {
                throw GantryError(.invalidArgument, "this has no public key of OpenPGP")
            }
        }
    }

    /// What a signed message says (RFC 4880, 11.3). It must have one signature, and that must be of
    /// one of these keys, which must be neither expired nor revoked now.
    /// - Parameter limit: bytes that what it says may have.
    /// - Throws: `GantryError` (`permissionDenied`) with the reason.
    public func content(of message: [UInt8], limit: Int) throws(GantryError) -> [UInt8] {
        let library = try Library()
        for file in files { try library.load(file) }
        return try Verification(library, message, limit: limit).content()
    }
}
