internal import CRI
internal import Model
internal import Testing

/// Every message of the contract, with every field set, against an independent encoder.
@Suite struct RoundTripTests {
    @Test func everyMessageHasASample() {
        #expect(Samples.all.count == 175)
    }

    @Test(arguments: Samples.all)
    func encodesAsPythonDoes(_ sample: any AnySample) throws {
        #expect(try sample.encoded() == sample.python)
    }

    @Test(arguments: Samples.all)
    func decodesWhatPythonEncoded(_ sample: any AnySample) throws {
        #expect(try sample.equals(sample.python))
    }

    @Test func anEmptyMessageIsNoBytes() throws {
        #expect(try PodSandboxConfig().encoded() == [])
        #expect(try PodSandboxConfig.decode([]) == PodSandboxConfig())
    }

    @Test func anEmptyNestedMessageIsNotAnAbsentOne() throws {
        let config = PodSandboxConfig(metadata: PodSandboxMetadata())
        #expect(try PodSandboxConfig.decode(config.encoded()) == config)
        #expect(config != PodSandboxConfig())
    }

    @Test func fieldsOfALaterContractAreSkipped() throws {
        let later: [UInt8] = [0x0a, 1, 0x61, 0xc2, 0x3e, 2, 0x68, 0x69]  // name, then field 1000
        #expect(try ContainerMetadata.decode(later) == ContainerMetadata(name: "a"))
    }

    @Test func anEncodingDoesNotDependOnTheOrderOfAMap() throws {
        let keys = (0..<100).map { "key\($0)" }
        let forwards = Dictionary(uniqueKeysWithValues: keys.map { ($0, "") })
        let backwards = Dictionary(uniqueKeysWithValues: keys.reversed().map { ($0, "") })
        #expect(
            try ContainerConfig(labels: forwards).encoded()
                == ContainerConfig(labels: backwards).encoded())
    }

    /// Encoders differ in whether they leave an empty value out; both forms mean the same.
    @Test func anEmptyValueOfAMapIsKept() throws {
        let filter = PodSandboxFilter(labelSelector: ["a": ""])
        #expect(try PodSandboxFilter.decode(filter.encoded()) == filter)
        #expect(try PodSandboxFilter.decode(bytes(hex: "1a050a01611200")) == filter)
    }

    /// As the wire format wants of maps: the last of two equal keys counts.
    @Test func theLastOfEqualKeysCounts() throws {
        let twice = bytes(hex: "1a060a0161120162" + "1a060a0161120163")
        #expect(
            try PodSandboxFilter.decode(twice) == PodSandboxFilter(labelSelector: ["a": "c"]))
    }

    @Test func textEndsAtAnEmbeddedNUL() throws {
        #expect(try PodIP.decode([0x0a, 3, 0x61, 0, 0x62]) == PodIP(ip: "a"))
    }
}
