import Testing

@testable import Supervisor

/// Against bytes that were put together by hand from ttrpc's and protobuf's documents.
struct ShimCallTests {
    @Test func aCallIsOneFrame() {
        let frame = ShimCall.wait(for: "c1").frame(stream: 1, version: 3)
        let service = Array("containerd.task.v3.Task".utf8)
        let body =
            [0x0a, 23] + service + [0x12, 4] + Array("Wait".utf8) + [0x1a, 4, 0x0a, 2]
            + Array("c1".utf8)
        #expect(frame == [0, 0, 0, UInt8(body.count), 0, 0, 0, 1, 1, 0] + body)
    }

    @Test func anAnswerWaitsForItsWholeFrame() throws {
        // Response { payload: WaitResponse { exit_status: 300, exited_at: {} } }
        let answer: [UInt8] = [0, 0, 0, 7, 0, 0, 0, 1, 2, 0, 0x12, 5, 0x08, 0xac, 2, 0x12, 0]
        var received = Array(answer.dropLast())
        #expect(ShimAnswer(&received) == nil)
        received = answer + [9]
        let taken = try #require(ShimAnswer(&received))
        #expect(taken.stream == 1)
        #expect(taken.exitCode == 255)
        #expect(received == [9])
    }

    @Test(
        arguments: [
            ([0x12, 2, 0x08, 7], Int32(7)), ([], 0), ([0x12, 0], 0),
            // Response { status: { code: 5 } }
            ([0x0a, 2, 0x08, 5], 255),
            // What is cut off or has an unknown kind ends the reading.
            ([0x12, 9, 0x08, 7], 0), ([0x13, 1], 0), ([0x12, 2, 0x08, 0xff], 0),
        ] as [([UInt8], Int32)])
    func theExitCodeIsRead(_ body: [UInt8], _ code: Int32) throws {
        var received = [0, 0, 0, UInt8(body.count), 0, 0, 0, 3, 2, 0] + body
        #expect(try #require(ShimAnswer(&received)).exitCode == code)
    }
}
