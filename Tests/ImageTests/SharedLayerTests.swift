import Archive
import Foundation
import ImageTree
import Model
import Synchronization
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// Two images, one lowest layer in both, pulled at the same time. Each has a layer of its own, which a
/// pull asks for only after it has joined the work on the other; that is how a test knows of it.
struct SharedLayerTests {
    private let bench: PullBench
    private let puller: Puller
    private let first: LayeredImage
    private let second: LayeredImage

    init() throws {
        bench = try PullBench()
        puller = Puller(layers: bench.layers, registries: Registries(), privileges: .none)
        let base = FakeImage(size: 300_000).layer
        first = LayeredImage("first", [base, FakeImage(size: 1).layer])
        second = LayeredImage("second", [base, FakeImage(size: 2).layer])
    }

    private func server(
        _ change: @escaping @Sendable (String) -> HTTPServer.Response? = { _ in nil }
    ) -> HTTPServer {
        HTTPServer { [first, second] request in
            change(request.path) ?? first.answer(request.path) ?? second.answer(request.path)
                ?? HTTPServer.Response(status: 404)
        }
    }

    private func pull(
        _ image: LayeredImage, from server: HTTPServer,
        progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) async throws -> PulledImage {
        let name = try Reference.parse("127.0.0.1:\(server.port)/\(image.repository):1")
        return try await puller.pull(name, progress: progress)
    }

    private func requests(_ server: HTTPServer) -> [Int] {
        [first, second].map { server.requests(for: $0.path(0)).count }
    }

    @Test func theSharedLayerIsFetchedOnce() async throws {
        let joined = Gate()
        let server = server { [first, second] path in
            if path == second.path(1) { joined.open() }
            if path == first.path(0) { joined.wait() }
            return nil
        }
        defer { server.stop() }
        let waited = Mutex<Set<UInt64>>([])
        async let one = pull(first, from: server)
        while requests(server) != [1, 0] { try await Task.sleep(for: .milliseconds(1)) }
        let two = try await pull(second, from: server) { event in
            guard case .progress(let layer) = event, layer.state == .shared else { return }
            waited.withLock { _ = $0.insert(layer.received) }
        }
        let images = [try await one, two]
        #expect(requests(server) == [1, 0])
        #expect(images[0].layers[0] == images[1].layers[0])
        #expect(images.allSatisfy { $0.layers.count == 2 })
        #expect(bench.content(of: two)?.count == 300_000)
        #expect(waited.withLock { $0 }.contains(UInt64(first.layers[0].count)))
        #expect(bench.staged.isEmpty)
        #expect(bench.layers.usage().inodes == 3)
    }

    @Test func anotherTakesOverWhereOneFails() async throws {
        let joined = Gate()
        let server = server { [first, second] path in
            if path == second.path(1) { joined.open() }
            guard path == first.path(0) else { return nil }
            joined.wait()
            return .init(status: 403)
        }
        defer { server.stop() }
        async let one = pull(first, from: server)
        while requests(server) != [1, 0] { try await Task.sleep(for: .milliseconds(1)) }
        let two = try await pull(second, from: server)
        do {
            _ = try await one
            Issue.record("the first pull went well")
        } catch let error as GantryError {
            #expect(error.code == .permissionDenied)
        }
        #expect(requests(server) == [1, 1])
        #expect(bench.content(of: two)?.count == 300_000)
        #expect(bench.staged.isEmpty)
    }

    @Test func anotherTakesOverWhereOneIsCancelled() async throws {
        let server = server { [first] path in
            path == first.path(0) ? .init(body: first.layers[0], fault: .stall(1000)) : nil
        }
        defer { server.stop() }
        try await withThrowingTaskGroup(of: PulledImage?.self) { group in
            // One cancels the other when that waits for it.
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { inner in
                    inner.addTask { _ = try await pull(first, from: server) }
                    while server.requests(for: second.path(1)).isEmpty {
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    inner.cancelAll()
                    await #expect(throws: CancellationError.self) { try await inner.next() }
                }
                return nil
            }
            group.addTask {
                while requests(server) != [1, 0] { try await Task.sleep(for: .milliseconds(1)) }
                return try await pull(second, from: server)
            }
            for try await case let image? in group {
                #expect(bench.content(of: image)?.count == 300_000)
            }
        }
        #expect(requests(server) == [1, 1])
        #expect(bench.staged.isEmpty)
    }

    @Test func whoWaitsMayBeCancelledAlone() async throws {
        let ended = Gate()
        let server = server { [first] path in
            if path == first.path(0) { ended.wait() }
            return nil
        }
        defer { server.stop() }
        async let one = pull(first, from: server)
        while requests(server) != [1, 0] { try await Task.sleep(for: .milliseconds(1)) }
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await pull(second, from: server) }
                while server.requests(for: second.path(1)).isEmpty {
                    try await Task.sleep(for: .milliseconds(1))
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        ended.open()
        #expect(bench.content(of: try await one)?.count == 300_000)
        #expect(requests(server) == [1, 0])
        #expect(bench.staged.isEmpty)
    }

    /// However their steps interleave, no two pulls fetch the same layer.
    @Test(arguments: 1...10)
    func manyPullsAtOnce(_ round: Int) async throws {
        let shared = (0..<3).map { FakeImage(size: 1000 * round + $0).layer }
        let images = (0..<8).map { number in
            LayeredImage(
                "app-\(number)", shared[...(number % 3)] + [FakeImage(size: 10 + number).layer])
        }
        let server = HTTPServer { request in
            images.lazy.compactMap { $0.answer(request.path) }.first ?? .init(status: 404)
        }
        defer { server.stop() }
        try await withThrowingTaskGroup(of: PulledImage.self) { group in
            for image in images { group.addTask { try await pull(image, from: server) } }
            for try await image in group { #expect(bench.content(of: image) != nil) }
        }
        for layer in shared {
            let name = "/blobs/\(Digest(of: layer))"
            #expect(server.requests.filter { $0.path.hasSuffix(name) }.count == 1)
        }
        #expect(bench.staged.isEmpty)
    }

    /// Another registry may be slow or lie: who was told by one waits for that one alone.
    @Test func registriesDoNotWaitForEachOther() async throws {
        let stalled = server { [first] path in
            path == first.path(0) ? .init(body: first.layers[0], fault: .stall(1000)) : nil
        }
        let other = server()
        defer {
            stalled.stop()
            other.stop()
        }
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await pull(first, from: stalled) }
                while requests(stalled) != [1, 0] { try await Task.sleep(for: .milliseconds(1)) }
                #expect(bench.content(of: try await pull(second, from: other))?.count == 300_000)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(requests(other) == [0, 1])
        #expect(bench.staged.isEmpty)
    }
}
