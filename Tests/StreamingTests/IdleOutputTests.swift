internal import Glibc
internal import Testing

@testable import Streaming

/// A pump that waits is idle only while there is nothing for it.
@Suite struct IdleOutputTests {
    @Test func whatIsThereIsNotIdle() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
        #expect(!reader.isReadable)
        #expect(write(writer.raw, "x", 1) == 1)
        #expect(reader.isReadable)
        var byte: UInt8 = 0
        #expect(read(reader.raw, &byte, 1) == 1)
        #expect(!reader.isReadable)
        writer.close()
        #expect(reader.isReadable)
        reader.close()
        #expect(!reader.isReadable)
    }
}
