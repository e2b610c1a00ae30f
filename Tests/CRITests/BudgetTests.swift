internal import CRI
internal import Model
internal import Testing

/// Two bytes can stand for hundreds of them in memory.
@Suite struct BudgetTests {
    @Test func aListOfEmptyElementsIsRefused() throws {
        let bytes = [UInt8](repeating: 0, count: 4 << 20).indices.map {
            $0 % 2 == 0 ? 0x0a : UInt8(0)
        }
        #expect {
            _ = try ListPodSandboxResponse.decode(bytes)
        } throws: { error in
            (error as? GantryError)?.code == .invalidArgument
        }
    }

    @Test func whatIsSentInEarnestFits() throws {
        let many = (0..<50_000).map { number in
            PodSandbox(
                id: String(number), metadata: PodSandboxMetadata(name: "name", namespace: "space"),
                labels: ["app": "web", "tier": "one"])
        }
        let response = ListPodSandboxResponse(items: many)
        #expect(try ListPodSandboxResponse.decode(response.encoded()).items.count == many.count)
    }
}
