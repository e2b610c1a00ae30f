internal import Model
internal import Synchronization
internal import System
internal import TTRPC
internal import Testing

@Suite struct CallTests {
    private static let methods: [String: Server.Method] = [
        "s/echo": .unary { $0 },
        "s/fail": .unary { _ in throw GantryError(.notFound, "no such thing") },
        "s/hang": .unary { _ in
            try await Alarm.sleep(for: .seconds(3600))
            return []
        },
        "s/double": .streaming { stream in
            try stream.send(stream.request)
            for await message in stream.messages { try stream.send(message + message) }
        },
        "s/break": .streaming { stream in
            try stream.send([1])
            throw GantryError(.aborted, "half-way")
        },
    ]

    @Test func aCallIsAnswered() async throws {
        let answer = try await Pair.run(Self.methods) {
            try await $0.client.call("s", "echo", [1, 2, 3], within: .seconds(10))
        }
        #expect(answer == [1, 2, 3])
    }

    @Test func largeMessagesGoThroughASmallSocketBuffer() async throws {
        let large = [UInt8](repeating: 7, count: Frame.largest - 100)
        let answer = try await Pair.run(Self.methods) {
            try await $0.client.call("s", "echo", large, within: .seconds(60))
        }
        #expect(answer == large)
    }

    @Test func callsAtTheSameTimeGetTheirOwnAnswers() async throws {
        try await Pair.run(Self.methods) { pair in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in UInt8(0)..<50 {
                    group.addTask {
                        let answer = try await pair.client.call(
                            "s", "echo", [number], within: .seconds(30))
                        #expect(answer == [number])
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Its reader may be faster than the thread that sends.
    @Test func anAnswerMayComeWhileTheRequestIsBeingSent() async throws {
        let client = Mutex<Client?>(nil)
        let answer = try Frame(.response, stream: 1, data: [0x12, 1, 7]).encoded()
        let made = Client { _ in try client.withLock { $0 }?.take(answer) }
        client.withLock { $0 = made }
        #expect(try await made.call("s", "echo", [], within: .seconds(60)) == [7])
        client.withLock { $0 = nil }
    }

    @Test func aRequestThatCannotBeSentFails() async throws {
        let client = Client { _ in throw GantryError(.unavailable, "gone") }
        for _ in 0..<2 {
            do {
                _ = try await client.call("s", "echo", [], within: .seconds(60))
                Issue.record("it was answered")
            } catch let error as GantryError {
                #expect(error.message == "gone")
            }
        }
    }

    @Test func theEndOfTheTaskThatReadsIsTheEndOfTheConnection() async throws {
        let (near, far) = try Pair.ends()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await near.run { _ in } }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(near.isClosed)
        try await far.run { _ in }
    }

    @Test func aFailureArrivesWithItsCodeAndWords() async throws {
        let error = await failure(of: "fail")
        #expect(error?.code == .notFound)
        #expect(error?.message == "no such thing")
    }

    @Test func anUnknownMethodIsUnimplemented() async throws {
        #expect(await failure(of: "nothing")?.code == .unimplemented)
    }

    @Test func aCallThatIsNotAnsweredInTimeFailsAndTheNextOneWorks() async throws {
        try await Pair.run(Self.methods) { pair in
            do {
                _ = try await pair.client.call("s", "hang", [], within: .milliseconds(50))
                Issue.record("it was answered")
            } catch let error as GantryError {
                #expect(error.code == .deadlineExceeded)
            }
            let answer = try await pair.client.call("s", "echo", [1], within: .seconds(10))
            #expect(answer == [1])
        }
    }

    @Test func theEndOfTheConnectionEndsCalls() async throws {
        let error = await failure(of: "hang") { $0.links[1].close() }
        #expect(error?.code == .unavailable)
    }

    @Test func aCancelledCallIsForgotten() async throws {
        try await Pair.run(Self.methods) { pair in
            let outcome = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        _ = try await pair.client.call("s", "hang", [], within: .seconds(3600))
                        return false
                    } catch { return error is CancellationError }
                }
                group.cancelAll()
                return await group.next()
            }
            #expect(outcome == true)
        }
    }

    @Test func moreCallsThanAllowedAreRefused() async throws {
        try await Pair.run(Self.methods, mostCalls: 1) { pair in
            try await withThrowingTaskGroup(of: GantryError.Code?.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do {
                            _ = try await pair.client.call("s", "hang", [], within: .seconds(3600))
                            return nil
                        } catch let error as GantryError { return error.code }
                    }
                }
                let first = try await group.next()
                #expect(first == .resourceExhausted)
                pair.links[0].close()
                try await group.waitForAll()
            }
        }
    }

    @Test func aRequestThatIsTooLargeEndsTheConnection() async throws {
        let answer = try await Pair.run(Self.methods, largest: 100) { pair in
            do {
                _ = try await pair.client.call(
                    "s", "echo", [UInt8](repeating: 0, count: 200), within: .seconds(10))
                return nil as GantryError.Code?
            } catch let error as GantryError { return error.code }
        }
        #expect(answer == .unavailable)
    }

    @Test func aStreamGoesBothWays() async throws {
        let messages = try await Pair.run(Self.methods) { pair in
            let stream = try pair.client.open("s", "double", [9], isOpen: true)
            try stream.send([1])
            try stream.send([2])
            try stream.closeSend()
            var messages: [[UInt8]] = []
            for try await message in stream.messages { messages.append(message) }
            return messages
        }
        #expect(messages == [[9], [1, 1], [2, 2]])
    }

    @Test func aStreamThatFailsSaysWhy() async throws {
        try await Pair.run(Self.methods) { pair in
            let stream = try pair.client.open("s", "break")
            var messages: [[UInt8]] = []
            do {
                for try await message in stream.messages { messages.append(message) }
                Issue.record("it ended well")
            } catch let error as GantryError {
                #expect(error.code == .aborted)
            }
            #expect(messages == [[1]])
        }
    }

    private func failure(
        of method: String, _ then: @escaping @Sendable (Pair) -> Void = { _ in }
    ) async -> GantryError? {
        try? await Pair.run(Self.methods) { pair in
            do {
                async let answer = pair.client.call("s", method, [], within: .seconds(60))
                then(pair)
                _ = try await answer
                return nil as GantryError?
            } catch { return error as? GantryError }
        }
    }
}
