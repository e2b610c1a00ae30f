import Dispatch
import NIOCore
import Testing

@testable import Streaming

struct ByteQueueTests {
    /// Whoever resumes a task takes that task's lock, which whoever cancels it holds while it wants the
    /// queue's: under the queue's nobody may be resumed.
    @Test(.timeLimit(.minutes(2)))
    func cancelledWhileOthersEndOrPut() async {
        let others = DispatchQueue(label: "others", attributes: .concurrent)
        for round in 0..<5000 {
            let queue = ByteQueue()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { while await queue.take() != nil {} }
                others.async {
                    if round % 2 == 0 { queue.abandon() } else { queue.finish() }
                }
                group.addTask { await queue.put(ByteBuffer(string: "a")) }
                group.cancelAll()
            }
        }
    }

    @Test func putsWaitForRoom() async {
        let queue = ByteQueue()
        await queue.put(ByteBuffer(string: "a"))
        async let large: Void = queue.put(ByteBuffer(repeating: 0, count: ByteQueue.limit))
        var bytes = 0
        while bytes <= ByteQueue.limit, let chunks = await queue.take() {
            bytes += chunks.reduce(0) { $0 + $1.readableBytes }
        }
        await large
        queue.finish()
        #expect(await queue.take() == nil && bytes == ByteQueue.limit + 1)
    }

    @Test func whatIsPutAfterTheEndGoesNowhere() async {
        let queue = ByteQueue()
        await queue.put(ByteBuffer(string: "a"))
        queue.finish()
        #expect(await queue.take() == [ByteBuffer(string: "a")])
        #expect(await queue.take() == nil)
        queue.abandon()
        await queue.put(ByteBuffer(string: "b"))
        #expect(queue.isAbandoned)
    }
}
