import Foundation
import Glibc
import Kernel
import Testing

/// Small files that others have put where they are read.
@Suite struct FilesTests {
    @Test(.timeLimit(.minutes(1))) func aFifoHoldsUpNobody() throws {
        let path = NSTemporaryDirectory() + "gantry-\(UUID().uuidString)"
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(try Files.read(path) == [])
    }

    @Test func whatHasNoEndIsRefused() {
        let error = #expect(throws: SystemError.self) { try Files.read("/dev/zero") }
        #expect(error?.errno == EFBIG)
    }

    @Test func theFirstBytes() throws {
        #expect(try Files.read("/dev/zero", first: 3) == [0, 0, 0])
        #expect(try Files.read("/dev/null", first: 3) == [])
    }
}
