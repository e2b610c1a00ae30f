import Model
import Testing

@testable import OpenPGP

struct KeyringTests {
    private static let payload = Array(#"{"critical":{}}"#.utf8)

    private func content(_ message: [UInt8], _ keys: [UInt8]...) throws -> [UInt8] {
        try Keyring(keys).content(of: message, limit: 1000)
    }

    private func expectRefusal(_ words: String, _ message: [UInt8], _ keys: [UInt8]...) throws {
        let error = #expect(throws: GantryError.self) {
            try Keyring(keys).content(of: message, limit: 1000)
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func whatAKeySigned() throws {
        #expect(try content(Samples.good, Samples.goodKey) == Self.payload)
        #expect(try content(Samples.good, Samples.oldKey, Samples.goodKey) == Self.payload)
    }

    @Test func whatCountsForNothing() throws {
        try expectRefusal("by another key", Samples.other, Samples.goodKey)
        try expectRefusal("by another key", Samples.good, Samples.oldKey)
        try expectRefusal("has expired or was revoked", Samples.old, Samples.oldKey)
        try expectRefusal("2 signatures instead of one", Samples.both, Samples.goodKey)
        try expectRefusal("Expired signature", Samples.expired, Samples.goodKey)
        try expectRefusal("is not signed", Samples.unsigned, Samples.goodKey)
        try expectRefusal("no signed message", Self.payload, Samples.goodKey)
    }

    /// Whatever is changed, what comes out is what was signed or nothing.
    @Test(arguments: [Samples.good, Samples.both, Samples.old])
    func changedMessages(_ seed: [UInt8]) throws {
        let keys = try Keyring([Samples.goodKey, Samples.oldKey])
        for index in seed.indices {
            for bit in 0..<8 {
                var message = seed
                message[index] ^= 1 << bit
                if let content = try? keys.content(of: message, limit: 1000) {
                    #expect(content == Self.payload)
                }
            }
        }
    }

    @Test func aMessageMayNotBeLong() {
        #expect(throws: GantryError.self) {
            try Keyring([Samples.goodKey]).content(of: Samples.good, limit: 10)
        }
    }

    @Test(arguments: [[], Array("no key".utf8), Samples.good])
    func whatIsNoKey(_ bytes: [UInt8]) {
        let error = #expect(throws: GantryError.self) { try Keyring([bytes]) }
        #expect(error?.code == .invalidArgument)
    }
}
