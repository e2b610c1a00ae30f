import Testing

@testable import Service

@Suite struct KeptEncodingTests {
    private let list = KeptEncoding()

    @Test func isMadeOnceWhileNothingChanges() {
        #expect(list.encoding { [1] } == [1])
        #expect(list.encoding { [2] } == [1])
    }

    @Test func isMadeAnewAfterAChange() {
        #expect(list.encoding { [1] } == [1])
        list.changed()
        #expect(list.encoding { [2] } == [2])
    }

    @Test func aChangeWhileItIsMadeOutdatesIt() {
        let first = list.encoding {
            list.changed()
            return [1]
        }
        #expect(first == [1])
        #expect(list.encoding { [2] } == [2])
    }

    @Test func anErrorKeepsNothing() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try list.encoding { throw Failure() } }
        #expect(list.encoding { [3] } == [3])
    }

    @Test func elementsTellOfComingChangingAndGoing() throws {
        final class Element: Identified {
            let id = "a"
            func join(_ list: KeptEncoding) { list.changed() }
        }
        let index = Index<Element>("element")
        func encoding() -> [UInt8] { index.list.encoding { [UInt8(index.all.count)] } }
        #expect(encoding() == [0])
        index.insert(Element())
        #expect(encoding() == [1])
        index.remove("a")
        #expect(encoding() == [0])
    }
}
