import ImageProtocol
import Model
import Testing

@testable import Archive

/// A frame says in a byte how much memory its window takes, before anything of it has come.
@Suite struct ZstdWindowTests {
    /// The beginning of a frame whose window has so many bits, with an empty block (RFC 8878, 3.1.1).
    private func frame(windowBits: UInt8) -> [UInt8] {
        [0x28, 0xb5, 0x2f, 0xfd, 0x00, (windowBits - 10) << 3, 0, 0, 0]
    }

    private func begin(_ windowBits: UInt8, _ inflater: ZstdInflater) throws {
        let pipe = BytePipe(limits: LayerLimits(bytes: 1 << 20, entries: 1))
        try frame(windowBits: windowBits).withUnsafeBytes { try inflater.inflate($0, into: pipe) }
    }

    @Test func allWindowsShareOneLimit() throws {
        do {
            let inflaters = (0..<5).map { _ in ZstdInflater() }
            for inflater in inflaters.dropLast() { try begin(27, inflater) }
            let error = #expect(throws: GantryError.self) { try begin(27, inflaters[4]) }
            #expect(error?.code == .resourceExhausted)
        }
        // What has gone leaves its room to others; usual windows take none.
        let wide = (0..<4).map { _ in ZstdInflater() }
        for inflater in wide { try begin(27, inflater) }
        let usual = (0..<50).map { _ in ZstdInflater() }
        for inflater in usual { try begin(23, inflater) }
    }

    @Test func widerOnesAreRefused() {
        #expect(throws: GantryError.self) { try begin(28, ZstdInflater()) }
    }
}
