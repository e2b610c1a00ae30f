internal import Model
internal import Testing

@testable import NRI

@Suite struct NameTests {
    @Test func aPluginHasAnIndexAndAName() throws {
        #expect(try PluginName(file: "10-a-b").base == "a-b")
        for file in ["a", "1-a", "xx-a", "10-", "100-a", "-a", "１０-a"] {
            #expect(throws: GantryError.self) { try PluginName(file: file) }
        }
    }

    @Test func eventsThatThereAreNotAreRefused() {
        #expect(EventSet(0)?.names.count == 14)
        #expect(EventSet(1 << 13)?.names == ["ValidateContainerAdjustment"])
        #expect(EventSet(1 << 14) == nil)
        #expect(EventSet(.min) == nil)
    }

    @Test func synchronizationIsCutIntoRequestsThatFit() throws {
        let pods = (0..<30).map { number in
            NRI.PodSandbox(id: "\(number)", name: String(repeating: "x", count: 200_000))
        }
        let parts: [SynchronizeRequest] = try SynchronizeParts(pods, []).requests.map(Bytes.decode)
        #expect(parts.count > 1)
        #expect(parts.flatMap(\.pods).map(\.id) == pods.map(\.id))
        #expect(parts.dropLast().allSatisfy(\.more) && parts.last?.more == false)
    }
}
