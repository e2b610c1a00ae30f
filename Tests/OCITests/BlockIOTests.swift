internal import Kernel
internal import Model
internal import Testing

@testable import OCI

@Suite struct BlockIOTests {
    private func limits(_ text: String, of name: String = "a") async throws -> Spec.BlockIO {
        let path = "/tmp/gantry-blockio-\(UInt64.random(in: 0 ... .max)).yaml"
        try Files.replace(path, with: Array(text.utf8))
        defer { try? Files.remove(path) }
        return try await BlockIOClasses(path: path).limits(of: name)
    }

    @Test func theLastWeightWithoutDevicesCounts() async throws {
        let found = try await limits("Classes:\n  a:\n  - Weight: 10\n  - Weight: 1k\n")
        var expected = Spec.BlockIO()
        expected.weight = 1000
        #expect(found == expected)
    }

    @Test func devicesThatAreNotThereHaveNoLimits() async throws {
        let text =
            "Classes:\n  a:\n  - Devices: [/dev/nothing*, /dev/null]\n    ThrottleReadBps: 60 M\n"
        #expect(try await limits(text) == Spec.BlockIO())
    }

    @Test(arguments: [
        "Classes:\n  b: []\n", "Classes:\n  a:\n  - Weight: 9\n",
        "Classes:\n  a:\n  - Weight: 1001\n",
        "Classes:\n  a:\n  - Weight: -1\n", "Classes:\n  a:\n  - Speed: 1\n",
        "Classes:\n  a:\n  - Weight: 99999999999999999999G\n", "[", "",
    ])
    func filesWithoutSuchAClass(_ text: String) async {
        await #expect(throws: GantryError.self) { try await limits(text) }
    }

    @Test func noFileHasNoClasses() async {
        await #expect(throws: GantryError.self) {
            try await BlockIOClasses(path: "").limits(of: "a")
        }
    }
}
