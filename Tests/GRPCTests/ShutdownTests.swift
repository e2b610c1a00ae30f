internal import Foundation
internal import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    @Test func callsUnderWayMayEndWithinTheGrace() async throws {
        let began = Event()
        let goOn = Event()
        let test = try TestServer([
            "/t.T/Slow": .unary { bytes in
                began.fire()
                await goOn.happened()
                return bytes
            }
        ])
        async let answer = test.client.call("/t.T/Slow", [[7]])
        await began.happened()
        async let ended: Void = test.server.shutdown(grace: .seconds(3600))
        goOn.fire()
        #expect(await answer.messages == [[7]])
        await ended
        #expect(test.server.callsUnderWay == 0)
        await test.end()
    }

    @Test func callsThatOutlastTheGraceAreCancelled() async throws {
        let waiter = Waiter()
        let test = try TestServer(["/t.T/Wait": waiter.method])
        async let answer = test.client.call("/t.T/Wait")
        await waiter.began.happened()
        await test.server.shutdown(grace: .milliseconds(10))
        await waiter.cancelled.happened()
        #expect(await answer.status.code != 0)
        #expect(test.server.callsUnderWay == 0)
        await test.end()
    }

    /// The connection goes before the handler does, which must not answer into a queue that is gone.
    @Test func shutdownWaitsForAHandlerThatIgnoresItsCancellation() async throws {
        let began = Event()
        let goOn = Event()
        let ended = Event()
        let test = try TestServer([
            "/t.T/Stubborn": .unary { bytes in
                began.fire()
                await Task.detached { await goOn.happened() }.value
                ended.fire()
                return bytes
            }
        ])
        async let answer = test.client.call("/t.T/Stubborn")
        await began.happened()
        async let down: Void = test.server.shutdown(grace: .zero)
        #expect(await answer.status.code != 0)
        #expect(test.server.callsUnderWay == 1)
        goOn.fire()
        await down
        await ended.happened()
        #expect(test.server.callsUnderWay == 0)
        await test.end()
    }

    @Test func theSocketGoesWithTheServer() async throws {
        let test = try TestServer([:])
        #expect(FileManager.default.fileExists(atPath: test.socketPath))
        await test.server.shutdown(grace: .zero)
        #expect(!FileManager.default.fileExists(atPath: test.socketPath))
        await test.end()
    }

    @Test func shuttingDownFromManySidesIsShuttingDownOnce() async throws {
        let test = try TestServer([:])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await test.server.shutdown(grace: .zero) } }
        }
        await test.end()
    }
}
