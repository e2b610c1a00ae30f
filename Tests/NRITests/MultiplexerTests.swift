internal import Model
internal import NRI
internal import Testing

@Suite struct MultiplexerTests {
    @Test func aShortFrameIsOnePiece() {
        #expect(Multiplexer.encode([7, 8], for: 2) == [0, 0, 0, 2, 0, 0, 0, 2, 7, 8])
    }

    /// Go's readers take 4096 bytes with a header, and the rest as one piece.
    @Test func aLongFrameIsTwoPieces() {
        let bytes = Multiplexer.encode([UInt8](repeating: 1, count: 10_000), for: 1)
        #expect(bytes.count == 10_000 + 16)
        #expect(Array(bytes[4..<8]) == [0, 0, 0x10, 0])
        #expect(Array(bytes[(8 + 4096)..<(16 + 4096)]) == [0, 0, 0, 1, 0, 0, 0x17, 0x10])
    }

    @Test func framesComeOutOfAnyPieces() throws {
        let bytes = Multiplexer.encode([1, 2, 3], for: 1) + Multiplexer.encode([4], for: 2)
        for size in 1...bytes.count {
            var multiplexer = Multiplexer()
            var read: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                multiplexer.feed(Array(bytes[start..<min(start + size, bytes.count)]))
                while let (_, bytes) = try multiplexer.next() { read.append(bytes) }
            }
            #expect(read == [[1, 2, 3], [4]])
        }
    }

    @Test func aFrameThatIsTooLargeIsRefusedByItsHeader() {
        var multiplexer = Multiplexer()
        multiplexer.feed([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])
        #expect(throws: GantryError.self) { try multiplexer.next() }
    }
}
