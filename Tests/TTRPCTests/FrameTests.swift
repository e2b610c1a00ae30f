internal import Model
internal import TTRPC
internal import Testing

@Suite struct FrameTests {
    /// PROTOCOL.md, "Message Frame": length, stream, type, flags.
    @Test func aFrameIsTenBytesOfHeaderAndItsData() throws {
        let frame = Frame(.data, stream: 0x0102_0305, flags: [.remoteClosed], data: [0xaa, 0xbb])
        #expect(try frame.encoded() == [0, 0, 0, 2, 1, 2, 3, 5, 3, 1, 0xaa, 0xbb])
    }

    @Test func framesComeOutOfAnyPieces() throws {
        let frames = [
            Frame(.request, stream: 1, data: [1, 2, 3]),
            Frame(.response, stream: 3),
            Frame(.data, stream: 5, flags: [.noData, .remoteClosed]),
        ]
        let bytes = try frames.flatMap { try $0.encoded() }
        for size in 1...bytes.count {
            var reader = FrameReader()
            var read: [Frame] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                reader.feed(Array(bytes[start..<min(start + size, bytes.count)]))
                while let frame = try reader.next() { read.append(frame) }
            }
            #expect(read == frames)
        }
    }

    @Test func aKindOfALaterVersionIsToldApart() throws {
        var reader = FrameReader()
        reader.feed([0, 0, 0, 0, 0, 0, 0, 1, 9, 0])
        #expect(try reader.next()?.kind == nil)
    }

    @Test(arguments: [UInt32(11), 4 << 20 + 1, .max])
    func aFrameThatIsTooLargeIsRefusedByItsHeader(_ size: UInt32) {
        var reader = FrameReader(largest: 10)
        reader.feed((0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) })
        reader.feed([0, 0, 0, 1, 1, 0])
        #expect(throws: GantryError.self) { try reader.next() }
    }

    @Test func moreThanAFrameTakesIsNotSent() {
        let frame = Frame(.request, stream: 1, data: [UInt8](repeating: 0, count: 4 << 20 + 1))
        #expect(throws: GantryError.self) { try frame.encoded() }
    }
}
