internal import Model
internal import Testing

@testable import OCI

@Suite struct CapabilitiesTests {
    private let all = Set(Capabilities.known)

    private func granted(
        add: [String] = [], drop: [String] = [], ambient: [String] = []
    ) throws -> Spec.Capabilities {
        let request = Capability(
            addCapabilities: add, dropCapabilities: drop, addAmbientCapabilities: ambient)
        return try Capabilities.granted(request, privileged: false, available: all)
    }

    @Test func defaults() throws {
        let sets = try granted()
        #expect(Set(sets.bounding) == Capabilities.byDefault)
        #expect(sets.effective == sets.bounding)
        #expect(sets.permitted == sets.bounding)
        #expect(sets.inheritable == [])
        #expect(sets.ambient == [])
    }

    @Test func singleNames() throws {
        let sets = try granted(add: ["net_admin"], drop: ["CAP_CHOWN"])
        #expect(sets.bounding.contains("CAP_NET_ADMIN"))
        #expect(!sets.bounding.contains("CAP_CHOWN"))
    }

    @Test func allComesBeforeSingleNames() throws {
        #expect(try granted(add: ["KILL"], drop: ["ALL"]).bounding == ["CAP_KILL"])
        #expect(
            Set(try granted(add: ["ALL"], drop: ["KILL"]).bounding) == all.subtracting(["CAP_KILL"])
        )
    }

    @Test func ambientIsInEverySet() throws {
        let sets = try granted(drop: ["ALL"], ambient: ["NET_BIND_SERVICE"])
        for set in [sets.bounding, sets.permitted, sets.inheritable, sets.ambient] {
            #expect(set == ["CAP_NET_BIND_SERVICE"])
        }
    }

    @Test func unknownNamesAreRefused() {
        expectError(.invalidArgument, "no capability \"FLY\"") { try granted(add: ["FLY"]) }
    }

    @Test func nobodyGivesWhatHeLacks() throws {
        let few: Set<String> = ["CAP_CHOWN"]
        let everything = Capability(addCapabilities: ["ALL"])
        #expect(
            try Capabilities.granted(everything, privileged: false, available: few).bounding
                == ["CAP_CHOWN"])
        expectError(.failedPrecondition, "lacks CAP_SYS_RESOURCE") {
            let one = Capability(addCapabilities: ["SYS_RESOURCE"])
            return try Capabilities.granted(one, privileged: false, available: few)
        }
    }

    @Test func masksAreRead() {
        #expect(Capabilities.names(inMask: 0b10_0001) == ["CAP_CHOWN", "CAP_KILL"])
        #expect(Capabilities.names(inMask: 0x1ff_ffff_ffff).count == 41)
    }

    /// A number that only a kernel gives, and that is not believed all the same.
    @Test(arguments: [
        ("0\n", 1), ("40\r\n", 41), ("9223372036854775807\n", Capabilities.known.count),
        ("-9223372036854775808", 1), ("", Capabilities.known.count),
    ])
    func knownToTheKernel(last: String, count: Int) {
        #expect(HostFacts.capabilities(upTo: last).count == count)
    }
}
