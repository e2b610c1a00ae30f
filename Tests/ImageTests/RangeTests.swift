import Archive
import Foundation
import ImageTree
import Model
import Synchronization
import Testing

@testable import Image
@testable import ImageProtocol
@testable import ImageWorker

/// Long layers in ranges: every line is slow here, and every layer long.
struct RangeTests {
    private let bench: PullBench
    private let image = FakeImage(size: 300_000)

    init() throws {
        bench = try PullBench()
    }

    private var settings: LongLayers {
        var settings = LongLayers(threshold: 1)
        settings.trial = 1
        settings.idleShare = 0
        settings.rangeLength = 16 << 10
        return settings
    }

    private static func wanted(_ request: HTTPServer.Request) -> Range<Int>? {
        let text = request.headers["range"]?.dropFirst("bytes=".count)
        let ends = text?.split(separator: "-").compactMap { Int($0) } ?? []
        return ends.count == 2 ? ends[0]..<(ends[1] + 1) : nil
    }

    /// Serves what is asked for, and says that it is another range.
    private func server(saying range: @escaping @Sendable (Range<Int>) -> String) -> HTTPServer {
        server { wanted, answer in
            var lying = answer
            lying.headers["Content-Range"] = range(wanted)
            return lying
        }
    }

    /// Serves ranges; `change` may answer one in another way.
    private func server(
        acceptsRanges: Bool = true,
        _ change: @escaping @Sendable (Range<Int>, HTTPServer.Response) -> HTTPServer.Response = {
            $1
        }
    ) -> HTTPServer {
        image.server { [image] request in
            guard request.path.hasSuffix(image.layerDigest) else { return nil }
            let headers = acceptsRanges ? ["Accept-Ranges": "bytes"] : [:]
            guard let wanted = Self.wanted(request) else {
                return .init(headers: headers, body: image.layer)
            }
            let range = "bytes \(wanted.lowerBound)-\(wanted.upperBound - 1)/\(image.layer.count)"
            return change(
                wanted,
                .init(
                    status: 206, headers: ["Content-Range": range], body: Array(image.layer[wanted])
                ))
        }
    }

    private func ranges(_ server: HTTPServer) -> [Range<Int>?] {
        server.requests(for: "/v2/app/blobs/\(image.layerDigest)").map(Self.wanted)
    }

    private func pull(_ server: HTTPServer, _ settings: LongLayers? = nil) async throws {
        defer { server.stop() }
        let puller = Puller(
            layers: bench.layers, registries: Registries(), longLayers: settings ?? self.settings,
            privileges: .none)
        let name = try Reference.parse("127.0.0.1:\(server.port)/app:1")
        #expect(bench.content(of: try await puller.pull(name))?.count == 300_000)
        #expect(bench.staged.isEmpty)
    }

    private func expectError(_ words: String, _ server: HTTPServer) async {
        let error = await #expect(throws: GantryError.self) { try await pull(server) }
        #expect(error?.code == .dataLoss, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(bench.staged.isEmpty)
    }

    @Test func aSlowLineIsLeftForRanges() async throws {
        let server = server()
        try await pull(server)
        let ranges = ranges(server)
        #expect(ranges.first == .some(nil))
        #expect(ranges.count > 10)
        let asked = ranges.compactMap(\.self).sorted { $0.lowerBound < $1.lowerBound }
        #expect(asked.last?.upperBound == image.layer.count)
        for (one, next) in zip(asked, asked.dropFirst()) {
            #expect(one.upperBound == next.lowerBound)
        }
    }

    /// While the lowest range does not come, no more than the window are asked for.
    @Test func theWindowIsBounded() async throws {
        let asked = Mutex<[Int]>([])
        let window = Gate()
        let server = server { wanted, answer in
            let count = asked.withLock { asked in
                asked.append(wanted.lowerBound)
                return asked.count
            }
            if count > 4 { return answer }
            if count == 4 { window.open() }
            window.wait()
            let all = asked.withLock { $0 }
            if wanted.lowerBound == all.min() { #expect(all.count == 4) }
            return answer
        }
        try await pull(server)
        #expect(asked.withLock { $0.count } > 10)
    }

    @Test func aFastLineIsKept() async throws {
        var fast = settings
        fast.idleShare = 2
        let server = server()
        try await pull(server, fast)
        #expect(ranges(server) == [nil])
    }

    @Test func registriesWithoutRangesAreLeftAlone() async throws {
        let plain = server(acceptsRanges: false)
        try await pull(plain)
        #expect(ranges(plain) == [nil])
    }

    @Test func shortLayersAreLeftAlone() async throws {
        var long = settings
        long.threshold = UInt64(image.layer.count + 1)
        let server = server()
        try await pull(server, long)
        #expect(ranges(server) == [nil])
    }

    @Test func aRegistryMayIgnoreRanges() async throws {
        let whole = image.layer
        let server = server { _, _ in .init(body: whole) }
        try await pull(server)
    }

    @Test func aRegistryMaySendLessOfARange() async throws {
        let total = image.layer.count
        try await pull(
            server { wanted, answer in
                let half = max(1, wanted.count / 2)
                let last = wanted.lowerBound + half - 1
                var shorter = answer
                shorter.body = Array(answer.body.prefix(half))
                shorter.headers["Content-Range"] = "bytes \(wanted.lowerBound)-\(last)/\(total)"
                return shorter
            })
    }

    @Test func aBrokenRangeIsTakenUpWhereItBroke() async throws {
        let first = Once()
        let server = server { _, answer in
            var broken = answer
            if first.take() { broken.fault = .cut(1000) }
            return broken
        }
        try await pull(server)
        let asked = ranges(server).compactMap(\.self)
        #expect(Set(asked.map(\.upperBound)).count == asked.count - 1)
        #expect(Set(asked.map(\.lowerBound)).count == asked.count)
    }

    @Test(arguments: [
        "bytes 0-16383/300000", "bytes 5-3/300000", "bytes 0-1", "", "items 0-1/2",
        "bytes */300000",
    ])
    func otherBytesThanAskedForAreRefused(_ range: String) async {
        await expectError(
            "were asked for, and \"\(range)\" came",
            server(saying: { _ in range }))
    }

    @Test func anotherPlaceIsRefused() async {
        let total = image.layer.count
        await expectError(
            "were asked for, and \"bytes",
            server(saying: { "bytes \($0.lowerBound - 1)-\($0.upperBound - 2)/\(total)" }))
    }

    /// The blob became another one under the same name.
    @Test func anotherSizeIsRefused() async {
        await expectError(
            "were asked for, and \"bytes",
            server(saying: { "bytes \($0.lowerBound)-\($0.upperBound - 1)/999999" }))
    }

    @Test func moreThanTheRangeIsRefused() async {
        await expectError(
            "a range is longer than it says",
            server { _, answer in
                var longer = answer
                longer.body += [0]
                return longer
            })
    }

    @Test func nothingOfARangeIsRefused() async {
        await expectError(
            "a range without bytes came",
            server { _, answer in
                var empty = answer
                empty.body = []
                return empty
            })
    }

    @Test func changedBytesAreRefused() async {
        await expectError(
            "was asked for, and sha256:",
            server { _, answer in
                var changed = answer
                changed.body[0] ^= 1
                return changed
            })
    }

    @Test(arguments: [
        ("bytes 0-9/10", 0, 10), ("bytes 5-9/*", 5, 10), ("Bytes 5-7/10", 5, 10),
    ])
    func whatAnswers(_ text: String, _ start: UInt64, _ end: UInt64) {
        #expect(ContentRange(text)?.answers(start..<end, of: 10) == true)
    }
}
