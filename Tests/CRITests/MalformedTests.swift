internal import CRI
internal import Model
internal import Testing

/// What a client may send and must get `invalidArgument` for.
@Suite struct MalformedTests {
    /// The message with which `decode` refuses, or nil when it does not refuse as it should.
    private func refusal(_ decode: () throws -> Void) -> String? {
        do {
            try decode()
            return nil
        } catch let error as GantryError where error.code == .invalidArgument {
            return error.message
        } catch {
            return nil
        }
    }

    @Test func anUnknownValueOfAnEnumNamesTheField() throws {
        let nested: [UInt8] = [0x10, 9]  // NamespaceOption.pid
        let message = refusal { _ = try NamespaceOption.decode(nested) }
        #expect(message?.contains("NamespaceOption.pid") == true)
        #expect(message?.contains("9") == true)
    }

    @Test(arguments: [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func textThatIsNotUTF8NamesTheField(_ text: [UInt8]) throws {
        let message = refusal { _ = try PodIP.decode([0x0a, UInt8(text.count)] + text) }
        #expect(message?.contains("PodIP.ip") == true)
    }

    @Test func textInListsAndMapsIsCheckedToo() throws {
        let list: [UInt8] = [0x0a, 1, 0xff]  // DNSConfig.servers
        #expect(refusal { _ = try DNSConfig.decode(list) }?.contains("DNSConfig.servers") == true)
        let entry: [UInt8] = [0x0a, 1, 0xff]  // a key
        let map: [UInt8] = [0x32, UInt8(entry.count)] + entry  // PodSandboxConfig.labels
        #expect(
            refusal { _ = try PodSandboxConfig.decode(map) }?
                .contains("PodSandboxConfig.labels") == true)
    }

    @Test func aLengthBeyondTheEndIsRefused() {
        #expect(refusal { _ = try PodIP.decode([0x0a, 5, 0x61]) } != nil)
        let hugeLength: [UInt8] = [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]
        #expect(refusal { _ = try PodSandboxConfig.decode(hugeLength) } != nil)
    }

    @Test func aNestedMessageLongerThanItsParentIsRefused() {
        let nested: [UInt8] = [0x0a, 3, 0x0a, 9, 0x61]  // metadata, whose name claims 9 bytes
        #expect(refusal { _ = try PodSandboxConfig.decode(nested) } != nil)
    }

    @Test func aFieldOfTheWrongWireTypeIsNotTaken() throws {
        let number: [UInt8] = [0x08, 1]  // PodIP.ip as a varint
        #expect(refusal { _ = try PodIP.decode(number) } != nil)
    }

    /// A message that is cut anywhere is refused or is a valid shorter one; it never crashes.
    @Test(arguments: Samples.all)
    func aCutMessageIsRefusedOrShorter(_ sample: any AnySample) throws {
        for length in 0..<sample.python.count {
            let cut = Array(sample.python.prefix(length))
            do {
                #expect(try !sample.equals(cut))
            } catch let error as GantryError {
                #expect(error.code == .invalidArgument)
            }
        }
    }

    /// Each byte of each message replaced by others: refused or taken, nothing else.
    @Test(arguments: Samples.all)
    func aDamagedMessageNeverCrashes(_ sample: any AnySample) throws {
        for place in sample.python.indices {
            var damaged = sample.python
            damaged[place] ^= [0x01, 0x80, 0xff][place % 3]
            do {
                try sample.decode(damaged)
            } catch let error as GantryError {
                #expect(error.code == .invalidArgument)
            }
        }
    }
}
